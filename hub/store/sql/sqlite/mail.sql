-- name: insert
INSERT INTO mail (id, report, recipient, created, due_at) VALUES (?, ?, ?, ?, ?);

-- name: columns
SELECT id, report, recipient, created, state, due_at, attempts, tries, settled_at, outcome, status, reply FROM mail;

-- name: is_due
SELECT 1 FROM mail
WHERE settled_at IS NULL AND due_at <= :now AND (token IS NULL OR lease_until < :now) LIMIT 1;

-- name: claim
UPDATE mail SET state = 'inFlight', token = :token, lease_until = :until
WHERE seq = (
    SELECT seq FROM mail
    WHERE settled_at IS NULL AND due_at <= :now AND (token IS NULL OR lease_until < :now)
    ORDER BY due_at, seq LIMIT 1
)
RETURNING id;

-- name: settle
UPDATE mail
SET state = :state, due_at = :due_at, attempts = :attempts, tries = :tries, settled_at = :settled_at, outcome = :outcome,
    status = :status, reply = :reply, token = NULL, lease_until = NULL
WHERE id = :id AND token = :token;

-- name: revive
UPDATE mail SET state = 'due', created = :now, due_at = :now, tries = 0, settled_at = NULL
WHERE report = :report AND state = 'dead';

-- name: tokens
SELECT DISTINCT token FROM mail WHERE token IS NOT NULL;

-- name: release
UPDATE mail SET state = 'due', token = NULL, lease_until = NULL WHERE token = ?;
