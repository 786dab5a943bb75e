-- name: paths
SELECT number, path, filled IS NULL FROM indexed_path WHERE NOT dropped ORDER BY number;

-- name: version
SELECT value FROM mark WHERE name = 'indexed paths';

-- name: change_version
INSERT INTO mark (name, value) VALUES ('indexed paths', 1)
ON CONFLICT (name) DO UPDATE SET value = value + 1 + abs(random() % 1000000);

-- name: declare
INSERT INTO indexed_path (path) VALUES (?);

-- name: drop
UPDATE indexed_path SET dropped = 1 WHERE number = ?;

-- name: unfilled
SELECT number, path, filled FROM indexed_path WHERE NOT dropped AND filled IS NOT NULL;

-- name: fill_from
SELECT seq, document FROM problem WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: set_filled
UPDATE indexed_path SET filled = ? WHERE number = ?;

-- name: dropped
SELECT number FROM indexed_path WHERE dropped LIMIT 1;

-- name: empty
DELETE FROM problem_path WHERE (path, value, problem) IN
    (SELECT path, value, problem FROM problem_path WHERE path = ? LIMIT ?);

-- name: forget
DELETE FROM indexed_path WHERE number = ?;

-- name: insert
INSERT OR IGNORE INTO problem_path (path, value, problem) VALUES (?, ?, ?);

-- name: delete
DELETE FROM problem_path WHERE path = ? AND value = ? AND problem = ?;
