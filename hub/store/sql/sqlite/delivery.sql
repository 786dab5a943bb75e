-- name: insert
-- Of VALUES and not of a SELECT: in a savepoint SQLite would keep a journal of each statement that may write several
-- rows, and walk through all that the savepoint has kept so far at the end of each.
INSERT INTO delivery (subscription, event, order_key, state, waiting, due_at, created)
VALUES (?1, ?2, ?3, ?4,
    EXISTS (SELECT 1 FROM delivery WHERE subscription = ?1 AND order_key = ?3 AND settled_at IS NULL),
    coalesce(max((
        SELECT coalesce(released_at, created) + ?6 FROM delivery
        WHERE subscription = ?1 AND order_key = ?3 AND settled_at IS NULL
        ORDER BY event DESC LIMIT 1
    ), ?5), ?5), ?5);

-- name: overdue_in_line
SELECT 1 FROM delivery WHERE subscription = ? AND state = 'due' AND waiting = 1 AND due_at <= ? LIMIT 1;

-- name: overtake
UPDATE delivery
SET (waiting, due_at) = (
    SELECT behind, CASE WHEN behind THEN :again ELSE delivery.due_at END
    FROM (
        SELECT EXISTS (
            SELECT 1 FROM delivery AS earlier
            WHERE earlier.subscription = delivery.subscription AND earlier.order_key = delivery.order_key
              AND earlier.settled_at IS NULL AND earlier.event < delivery.event
              AND (earlier.state = 'inFlight' OR (
                  earlier.state = 'due' AND (earlier.due_at <= :now OR (earlier.waiting = 1 AND earlier.tries = 0))
              ))
        ) AS behind
    )
)
WHERE id IN (
    SELECT id FROM delivery
    WHERE subscription = :subscription AND state = 'due' AND waiting = 1 AND due_at <= :now
    ORDER BY due_at, id LIMIT :limit
);

-- name: claim
UPDATE delivery SET state = 'inFlight', token = ?, lease_until = ?
WHERE id IN (
    SELECT ready.id FROM delivery AS ready
    WHERE ready.subscription = ? AND ready.state = 'due' AND ready.waiting = 0 AND ready.due_at <= ?
      AND (ready.order_key IS NULL OR NOT EXISTS (
          SELECT 1 FROM delivery AS flying
          WHERE flying.subscription = ready.subscription AND flying.order_key = ready.order_key
            AND flying.state = 'inFlight'
      ))
    ORDER BY ready.due_at, ready.id LIMIT ?
)
RETURNING id, event, order_key, attempts, tries, created, delivered_at IS NOT NULL;

-- name: step_back
UPDATE delivery SET state = 'due', waiting = 1, due_at = ?, token = NULL, lease_until = NULL WHERE id = ?;

-- name: settle
UPDATE delivery
SET state = ?, settled_at = coalesce(delivered_at, ?), due_at = ?, attempts = attempts + 1, tries = tries + 1,
    token = NULL, lease_until = NULL, last_outcome = ?, last_status = ?
WHERE id = ? AND token = ?;

-- name: retry
UPDATE delivery
SET state = ?, due_at = ?, attempts = attempts + 1, tries = tries + 1, token = NULL, lease_until = NULL,
    last_outcome = ?, last_status = ?,
    waiting = order_key IS NOT NULL AND EXISTS (
        SELECT 1 FROM delivery AS earlier
        WHERE earlier.subscription = delivery.subscription AND earlier.order_key = delivery.order_key
          AND earlier.settled_at IS NULL AND earlier.event < delivery.event
    )
WHERE id = ? AND token = ?;

-- name: release
UPDATE delivery SET state = 'due', token = NULL, lease_until = NULL WHERE id = ? AND token = ?;

-- name: promote
UPDATE delivery SET waiting = 0, due_at = CASE tries WHEN 0 THEN ? ELSE due_at END
WHERE waiting = 1 AND id = (
    SELECT id FROM delivery
    WHERE subscription = ? AND order_key = ? AND settled_at IS NULL AND event > ?
    ORDER BY event LIMIT 1
);

-- name: let_pass
UPDATE delivery SET waiting = 0, due_at = :now
WHERE waiting = 1 AND tries = 0 AND state = 'due'
  AND id = (
      SELECT id FROM delivery
      WHERE subscription = :subscription AND order_key = :order_key AND settled_at IS NULL AND event > :event
      ORDER BY event LIMIT 1
  )
  AND EXISTS (
      SELECT 1 FROM delivery AS failed
      WHERE failed.id = :delivery AND coalesce(failed.released_at, failed.created) + :patience <= :now
  );

-- name: next_due
SELECT min(due_at) FROM (
    SELECT min(due_at) AS due_at FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 0
    UNION ALL
    SELECT min(due_at) FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 1
);

-- name: expire_leases
UPDATE delivery SET state = 'due', token = NULL, lease_until = NULL
WHERE state = 'inFlight' AND lease_until < ?
RETURNING subscription;

-- name: cap_leases
UPDATE delivery SET lease_until = :most WHERE state = 'inFlight' AND lease_until > :most;

-- name: renew
UPDATE delivery SET lease_until = ? WHERE id = ? AND token = ?;

-- name: heal
UPDATE delivery SET due_at = bound.latest
FROM (
    SELECT late.id,
           max(coalesce(listener.held_until, 0), :now + CASE
               WHEN late.waiting = 1 AND late.tries = 0 THEN :patience
               ELSE json_extract(:waits, '$[' || min(late.tries, :longest) || ']')
           END) AS latest
    FROM delivery AS late LEFT JOIN listener ON listener.subscription = late.subscription
    WHERE late.settled_at IS NULL AND late.state = 'due' AND late.due_at > :now
      AND CASE WHEN :subscription IS NULL THEN late.subscription NOT IN (SELECT value FROM json_each(:others))
          ELSE late.subscription = :subscription END
) AS bound
WHERE delivery.id = bound.id AND delivery.due_at > bound.latest;

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
-- What was received stays so, and what comes behind it in its line does not wait for it.
UPDATE delivery
SET state = 'due', waiting = 0, due_at = ?1, released_at = ?1, settled_at = NULL, tries = 0,
    delivered_at = iif(state = 'delivered', settled_at, delivered_at),
    order_key = iif(state = 'delivered' OR delivered_at IS NOT NULL, NULL, order_key)
WHERE id = ?2 AND state <> 'inFlight'
  AND EXISTS (SELECT 1 FROM subscription WHERE seq = delivery.subscription AND ended IS NULL)
RETURNING subscription;

-- name: open
SELECT EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_line WHERE subscription = ? AND settled_at IS NULL);

-- name: view
SELECT delivery.id, delivery.state, delivery.waiting, delivery.due_at, delivery.created,
       coalesce(delivery.delivered_at, iif(delivery.state = 'delivered', delivery.settled_at, NULL)),
       delivery.attempts, delivery.last_outcome, delivery.last_status,
       subscription.id, subscription.callback, event.id, event.type, event.sequence, event.time, event.problem_id
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
SELECT min(max(first.due_at, coalesce(listener.held_until, 0)))
FROM (
    SELECT subscription, min(due_at) AS due_at FROM delivery WHERE state = 'due' AND waiting = 0 GROUP BY subscription
) AS first
LEFT JOIN listener ON listener.subscription = first.subscription;
