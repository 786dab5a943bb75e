-- name: insert
-- Of VALUES, and not by a trigger with a SELECT: see `insert` of `delivery`.
INSERT OR IGNORE INTO problem_identifier (key, problem) VALUES (json_array(?, ?, ?), ?);

-- name: delete
DELETE FROM problem_identifier WHERE problem = ?;

-- name: reports
SELECT problem.id FROM problem_identifier JOIN problem ON problem.seq = problem_identifier.problem
WHERE problem_identifier.key = json_array(?, ?, ?);
