-- name: due_since
SELECT subscription.seq, max(first.due_at, coalesce(listener.held_until, 0))
FROM subscription
JOIN delivery AS first ON first.id = (
    SELECT id FROM delivery
    WHERE subscription = subscription.seq AND state = 'due' AND waiting = 0 ORDER BY due_at LIMIT 1
)
LEFT JOIN listener ON listener.subscription = subscription.seq
WHERE subscription.ended IS NULL;

-- name: ready
SELECT count(*) FROM delivery WHERE state = 'due' AND waiting = 0;

-- name: waiting
SELECT count(*) FROM delivery WHERE state = 'due' AND waiting = 1;

-- name: in_flight
SELECT count(*) FROM delivery WHERE state = 'inFlight';

-- name: parked
SELECT count(*) FROM delivery WHERE state = 'parked';

-- name: dead
SELECT count(*) FROM delivery WHERE state = 'dead';

-- name: listeners
SELECT state, count(*) FROM subscription WHERE ended IS NULL GROUP BY state;

-- name: certificate_ends
SELECT id, json_extract(options, '$.certificate_end') AS ends FROM subscription
WHERE ended IS NULL AND ends IS NOT NULL ORDER BY ends, seq LIMIT ?;

-- name: made
SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?;

-- name: jobs
SELECT kind, status, count(*) FROM job GROUP BY kind, status;

-- name: mails
SELECT state, count(*) FROM mail GROUP BY state;

-- name: mail_due_since
SELECT min(due_at) FROM mail WHERE settled_at IS NULL;
