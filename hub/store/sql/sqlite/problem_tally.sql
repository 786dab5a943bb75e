-- name: add
INSERT INTO problem_tally (span, status, priority, category, n) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (span, status, priority, category) DO UPDATE SET n = n + excluded.n;

-- name: delete_zero
DELETE FROM problem_tally WHERE span = ? AND status = ? AND priority = ? AND category = ? AND n = 0;

-- name: total
SELECT n FROM problem_tally WHERE span = '*';
