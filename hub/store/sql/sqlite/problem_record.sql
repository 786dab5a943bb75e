-- name: insert
INSERT OR FAIL INTO problem_record (id, problem_id, event_type, event_time, record_time, sequence, from_status,
                                    to_status, source, source_status, party, reason, irregular, changes, actor,
                                    actor_party)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: get
SELECT id, problem_id, event_type, event_time, record_time, sequence, from_status, to_status,
       source, source_status, party, reason, irregular, changes, actor, actor_party
FROM problem_record WHERE id = ?;

-- name: after
SELECT id, problem_id, event_type, event_time, record_time, sequence, from_status, to_status,
       source, source_status, party, reason, irregular, changes, actor, actor_party
FROM problem_record WHERE seq > ? ORDER BY seq;

-- name: last
SELECT coalesce(max(seq), 0) FROM problem_record;

-- name: status_at
SELECT to_status FROM problem_record
WHERE problem_id = ? AND event_time <= ? AND to_status IS NOT NULL
ORDER BY event_time DESC, seq DESC LIMIT 1;

-- name: statuses_at
SELECT to_status FROM problem_record WHERE problem_id = ? AND event_time = ? AND to_status IS NOT NULL;

-- name: standing
SELECT to_status, source, source_status, event_time FROM problem_record
WHERE problem_id = ? AND to_status IS NOT NULL
ORDER BY event_time DESC, seq DESC LIMIT 1;

-- name: has
SELECT 1 FROM problem_record WHERE problem_id = ? LIMIT 1;
