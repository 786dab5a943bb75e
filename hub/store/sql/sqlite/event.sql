-- name: insert
INSERT OR FAIL INTO event (id, type, problem, problem_id, sequence, time, body, party, trace)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: after
SELECT seq, id, type, problem, problem_id, sequence, time, body, party FROM event WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: of_problem
SELECT seq, id, type, problem, problem_id, sequence, time, body, party FROM event WHERE problem_id = ? ORDER BY seq;

-- name: by_id
SELECT seq, id, type, problem, problem_id, sequence, time, body, party FROM event WHERE id = ?;

-- name: body
SELECT id, body FROM event WHERE seq = ?;

-- name: told
SELECT seq, id, body, trace FROM event WHERE seq IN (SELECT value FROM json_each(?));

-- name: heading
SELECT id, type, problem_id, sequence, time FROM event WHERE seq = ?;

-- name: last_in
SELECT max(seq) FROM event WHERE seq BETWEEN ? AND ?;

-- name: last
SELECT coalesce(max(seq), 0) FROM event;

-- name: get_mark
SELECT value FROM mark WHERE name = ?;

-- name: set_mark
INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
