-- name: get
SELECT operation, digest, status, headers, body, sealed FROM idempotency_key
WHERE caller = ? AND key = ? AND created > ?;

-- name: insert
INSERT OR REPLACE INTO idempotency_key (caller, key, operation, digest, status, headers, body, sealed, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: purge
DELETE FROM idempotency_key
WHERE seq IN (SELECT seq FROM idempotency_key WHERE created <= ? ORDER BY created LIMIT ?);
