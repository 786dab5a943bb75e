-- name: subscription
SELECT seq, secret, credentials FROM subscription WHERE seq > ? AND ended IS NULL ORDER BY seq LIMIT ?;

-- name: renew_subscription
UPDATE subscription SET secret = ?, credentials = ? WHERE seq = ? AND secret = ? AND credentials IS ?;

-- name: idempotency_key
SELECT seq, digest, body FROM idempotency_key WHERE seq > ? AND sealed = 1 ORDER BY seq LIMIT ?;

-- name: renew_idempotency_key
UPDATE idempotency_key SET digest = ?, body = ? WHERE seq = ? AND digest = ? AND body = ?;
