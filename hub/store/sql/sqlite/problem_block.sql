-- name: add
INSERT INTO problem_block (number, reports, created_last, updated_last) VALUES (?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET reports = reports + excluded.reports,
    created_last = max(created_last, excluded.created_last), updated_last = max(updated_last, excluded.updated_last);

-- name: before
SELECT ifnull(sum(reports), 0) FROM problem_block WHERE number < ?;

-- name: next
SELECT number, reports FROM problem_block WHERE number >= ? ORDER BY number LIMIT 1;

