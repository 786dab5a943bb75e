-- name: insert
INSERT INTO job (id, kind, content_type, created, ready, actor, party, query, mode, notify, url, status, place)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Not Started', ?);

-- name: columns
SELECT seq, id, kind, content_type, created, ready, actor, party, query, mode, notify, url, status, place, order_values, etag,
       started, completed, error, rows_read, rows_created, rows_updated, rows_unchanged, rows_failed, bytes_done,
       bytes_total, expected
FROM job;

-- name: count
SELECT count(*) FROM job;

-- name: make_ready
UPDATE job SET ready = 1, bytes_total = ? WHERE id = ? AND ready = 0;

-- name: due
SELECT 1 FROM job WHERE completed IS NULL AND ready = 1 AND (token IS NULL OR lease_until < ?) LIMIT 1;

-- name: claim
UPDATE job SET status = 'Running', token = ?, lease_until = ?, started = coalesce(started, ?)
WHERE seq = (
    SELECT seq FROM job
    WHERE completed IS NULL AND ready = 1 AND (token IS NULL OR lease_until < ?)
    ORDER BY seq LIMIT 1
)
RETURNING seq;

-- name: fetched
UPDATE job SET lease_until = ?, etag = ?, bytes_total = ? WHERE seq = ? AND token = ?;

-- name: advance
UPDATE job
SET lease_until = ?, place = ?, order_values = ?, rows_read = ?, rows_created = ?, rows_updated = ?, rows_unchanged = ?,
    rows_failed = ?, bytes_done = ?, bytes_total = ?, expected = ?
WHERE seq = ? AND token = ?;

-- name: finish
UPDATE job SET status = ?, error = ?, completed = ?, token = NULL, lease_until = NULL WHERE seq = ? AND token = ?;

-- name: release
UPDATE job SET token = NULL, lease_until = NULL WHERE token = ?;

-- name: leases
SELECT DISTINCT token FROM job WHERE token IS NOT NULL;

-- name: delete
DELETE FROM job WHERE id = ? RETURNING seq;

-- name: outdated
SELECT id FROM job
WHERE completed < CASE kind WHEN :report THEN :reports_before ELSE :before END OR (ready = 0 AND created < :before);

-- name: ids
SELECT id FROM job;

-- name: insert_error
INSERT INTO job_error (job, line, field, message, value) VALUES (?, ?, ?, ?, ?);

-- name: errors
SELECT seq, line, field, message, value FROM job_error WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?;

-- name: trim_errors
DELETE FROM job_error WHERE seq IN (
    SELECT seq FROM job_error WHERE job NOT IN (SELECT seq FROM job) LIMIT ?
);
