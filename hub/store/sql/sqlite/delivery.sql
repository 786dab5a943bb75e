-- name: insert
INSERT INTO delivery (subscription, event, order_key, state, waiting, due_at, created)
SELECT :subscription, :event, :order_key, :state, earlier.created IS NOT NULL,
       coalesce(max(coalesce(earlier.released_at, earlier.created) + :patience, :now), :now), :now
FROM (SELECT 1) LEFT JOIN (
    SELECT created, released_at FROM delivery
    WHERE subscription = :subscription AND order_key = :order_key AND settled_at IS NULL
    ORDER BY event DESC LIMIT 1
) AS earlier;

-- name: claim
UPDATE delivery SET state = 'inFlight', waiting = 0, token = ?, lease_until = ?
WHERE id IN (
    SELECT id FROM delivery WHERE subscription = ? AND state = 'due' AND due_at <= ? ORDER BY due_at, id LIMIT ?
)
RETURNING id, event, order_key, attempts, tries, created;

-- name: settle
UPDATE delivery
SET state = ?, settled_at = ?, due_at = ?, attempts = attempts + 1, tries = tries + 1, token = NULL, lease_until = NULL,
    last_outcome = ?, last_status = ?
WHERE id = ? AND token = ?;

-- name: release
UPDATE delivery SET state = 'due', token = NULL, lease_until = NULL WHERE id = ? AND token = ?;

-- name: promote
UPDATE delivery SET waiting = 0, due_at = ?
WHERE waiting = 1 AND id = (
    SELECT id FROM delivery
    WHERE subscription = ? AND order_key = ? AND settled_at IS NULL AND event > ?
    ORDER BY event LIMIT 1
);

-- name: next_due
SELECT min(due_at) FROM delivery WHERE subscription = ? AND state = 'due';

-- name: expire_leases
UPDATE delivery SET state = 'due', token = NULL, lease_until = NULL
WHERE state = 'inFlight' AND lease_until < ?
RETURNING subscription;

-- name: leases
SELECT DISTINCT token FROM delivery WHERE state = 'inFlight';

-- name: free_lease
UPDATE delivery SET state = 'due', token = NULL, lease_until = NULL WHERE state = 'inFlight' AND token = ?;

-- name: insert_attempt
INSERT INTO attempt (delivery, number, started, outcome, status, peer_address, name_lookup, connect, tls,
                     first_byte, total, headers, body, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: attempts
SELECT number, started, outcome, status, peer_address, name_lookup, connect, tls, first_byte, total, headers, body,
       error
FROM attempt WHERE delivery = ? ORDER BY id;

-- name: resend
UPDATE delivery SET state = 'due', waiting = 0, due_at = ?1, released_at = ?1, settled_at = NULL, tries = 0
WHERE id = ?2 AND state <> 'inFlight'
  AND EXISTS (SELECT 1 FROM subscription WHERE seq = delivery.subscription AND ended IS NULL)
RETURNING subscription;

-- name: abandon
UPDATE delivery
SET state = 'dead', settled_at = ?, token = NULL, lease_until = NULL, last_outcome = ?
WHERE subscription = ? AND settled_at IS NULL;

-- name: park
UPDATE delivery SET state = 'parked' WHERE subscription = ? AND state = 'due';

-- name: view
SELECT delivery.id, delivery.state, delivery.waiting, delivery.due_at, delivery.created, delivery.settled_at,
       delivery.attempts, delivery.last_outcome, delivery.last_status,
       subscription.id, subscription.callback, event.id, event.type, event.sequence, event.time, event.problem_id
FROM delivery
JOIN event ON event.seq = delivery.event
JOIN subscription ON subscription.seq = delivery.subscription;

-- name: count
SELECT count(*)
FROM delivery
JOIN event ON event.seq = delivery.event
JOIN subscription ON subscription.seq = delivery.subscription;

-- name: counts
SELECT subscription, state, count(*) FROM delivery GROUP BY subscription, state;

-- name: counts_of
SELECT state, count(*) FROM delivery WHERE subscription = ? GROUP BY state;

-- name: last_delivered
SELECT max(settled_at) FROM delivery WHERE state = 'delivered' AND subscription = ?;

-- name: overdue
SELECT min(due_at) FROM delivery WHERE state = 'due';
