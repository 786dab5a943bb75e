-- name: reports
SELECT problem.id FROM problem_identifier JOIN problem ON problem.seq = problem_identifier.problem
WHERE problem_identifier.key = json_array(?, ?, ?);
