-- name: common
SELECT path, value FROM problem_path_common;

-- name: is_common
SELECT count(*) >= ? FROM (SELECT 1 FROM problem_path WHERE path = ? AND value = ? LIMIT ?);

-- name: make_common
INSERT OR IGNORE INTO problem_path_common (path, value) VALUES (?, ?);

-- name: make_common_of_path
INSERT OR IGNORE INTO problem_path_common (path, value)
SELECT path, value FROM problem_path WHERE path = ? GROUP BY value HAVING count(*) >= ?;

-- name: recount
INSERT OR REPLACE INTO problem_path_tally (path, value, status, priority, category, n)
SELECT path, value, status, priority, category, count(*)
FROM problem_path CROSS JOIN problem INDEXED BY problem_seq ON problem.seq = problem_path.problem
WHERE path = ? AND value = ?
GROUP BY status, priority, category;

-- name: add
INSERT INTO problem_path_tally (path, value, status, priority, category, n) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (path, value, status, priority, category) DO UPDATE SET n = n + excluded.n;

-- name: drop_common
DELETE FROM problem_path_common WHERE path = ?;

-- name: drop_tally
DELETE FROM problem_path_tally WHERE path = ?;
