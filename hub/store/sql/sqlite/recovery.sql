-- name: insert
INSERT INTO recovery (id, kind, subscription, since, until, created, actor, status, place, last, expected,
                      skipped_until)
VALUES (?, ?, ?, ?, ?, ?, ?, 'Not Started', ?, ?, ?, ?);

-- name: columns
SELECT recovery.seq, recovery.id, recovery.kind, recovery.subscription, recovery.since, recovery.until, recovery.created,
       recovery.actor, recovery.status, recovery.place, recovery.last, recovery.expected, recovery.looked,
       recovery.changed, recovery.started, recovery.completed, recovery.error, subscription.id,
       recovery.skipped_until
FROM recovery JOIN subscription ON subscription.seq = recovery.subscription;

-- name: count
SELECT count(*) FROM recovery JOIN subscription ON subscription.seq = recovery.subscription;

-- name: next
SELECT min(seq) FROM recovery WHERE completed IS NULL GROUP BY subscription ORDER BY 1;

-- name: advance
UPDATE recovery
SET status = 'Running', place = :place, looked = looked + :looked, changed = changed + :changed,
    started = coalesce(started, :now), expected = max(coalesce(expected, 0), looked + :looked)
WHERE seq = :seq AND completed IS NULL;

-- name: expect
UPDATE recovery SET expected = ? WHERE seq = ? AND started IS NULL;

-- name: finish
UPDATE recovery SET status = ?, error = ?, completed = ?, started = coalesce(started, ?) WHERE seq = ?
  AND completed IS NULL;

-- name: outdated
DELETE FROM recovery WHERE seq IN (SELECT seq FROM recovery WHERE completed < ? LIMIT ?);

-- name: in_flight
SELECT 1 FROM delivery WHERE subscription = ? AND settled_at IS NULL AND state = 'inFlight' LIMIT 1;

-- name: strays
SELECT seq FROM subscription WHERE state <> 'active' AND ended IS NULL
  AND (
      EXISTS (SELECT 1 FROM delivery WHERE delivery.subscription = subscription.seq AND delivery.state = 'due' AND waiting = 0)
      OR EXISTS (SELECT 1 FROM delivery WHERE delivery.subscription = subscription.seq AND delivery.state = 'due' AND waiting = 1)
  )
  AND NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.subscription = subscription.seq AND completed IS NULL);

-- name: due
SELECT id FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 0
UNION ALL
SELECT id FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 1
LIMIT :limit;

-- name: park
UPDATE delivery SET state = 'parked' WHERE id IN (SELECT value FROM json_each(?));

-- name: open
SELECT id FROM delivery INDEXED BY delivery_line WHERE subscription = ? AND settled_at IS NULL LIMIT ?;

-- name: abandon
UPDATE delivery
SET state = iif(delivered_at IS NULL, 'dead', 'delivered'), settled_at = coalesce(delivered_at, :now),
    token = NULL, lease_until = NULL, last_outcome = iif(delivered_at IS NULL, :outcome, last_outcome)
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: parked
SELECT id FROM delivery WHERE subscription = ? AND state = 'parked' ORDER BY event LIMIT ?;

-- name: dead
SELECT id FROM delivery WHERE subscription = ? AND state = 'dead' AND settled_at BETWEEN ? AND ?
ORDER BY settled_at LIMIT ?;

-- name: misplaced
SELECT id FROM delivery WHERE subscription = :subscription AND settled_at IS NULL AND order_key IS NULL
  AND :order <> 'none' AND delivered_at IS NULL
UNION ALL
SELECT id FROM delivery WHERE subscription = :subscription AND settled_at IS NULL AND order_key = 0
  AND :order <> 'subscription'
UNION ALL
SELECT id FROM delivery WHERE subscription = :subscription AND settled_at IS NULL AND order_key > 0
  AND :order <> 'report'
LIMIT :limit;

-- name: release
UPDATE delivery
SET state = :state, waiting = 0, due_at = :now, released_at = :now, settled_at = NULL, tries = 0
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: place
UPDATE delivery
SET order_key = CASE :order WHEN 'report' THEN (SELECT problem FROM event WHERE seq = delivery.event)
                            WHEN 'subscription' THEN 0 END,
    due_at = iif(waiting, :now, due_at), waiting = 0, released_at = :now
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: replay
INSERT INTO delivery (subscription, event, order_key, state, waiting, due_at, created, released_at)
SELECT :subscription, :event, :order_key, :state, 0, :now, :now, :now
WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE event = :event AND subscription = :subscription)
RETURNING id;

-- name: line_up
UPDATE delivery SET waiting = 1, due_at = CASE tries WHEN 0 THEN max(due_at, :now + :patience) ELSE due_at END
WHERE subscription = :subscription AND settled_at IS NULL AND state = 'due'
  AND order_key IN (SELECT order_key FROM delivery WHERE id IN (SELECT value FROM json_each(:ids)) AND order_key > 0)
  AND event > (
      SELECT min(head.event) FROM delivery AS head
      WHERE head.subscription = :subscription AND head.order_key = delivery.order_key AND head.settled_at IS NULL
  );

-- name: line_up_whole
UPDATE delivery SET waiting = 1, due_at = max(due_at, :now + :patience)
WHERE id IN (SELECT value FROM json_each(:ids)) AND order_key = 0 AND state = 'due'
  AND event > (
      SELECT min(head.event) FROM delivery AS head
      WHERE head.subscription = :subscription AND head.order_key = 0 AND head.settled_at IS NULL
  );

-- name: line_up_rest
UPDATE delivery SET waiting = 1, due_at = CASE tries WHEN 0 THEN :now + :patience ELSE due_at END
WHERE id IN (
      SELECT id FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 0
        AND due_at < :started + :patience
      UNION ALL
      SELECT id FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 1
        AND due_at < :started + :patience
  ) AND order_key = 0
  AND event > (
      SELECT min(head.event) FROM delivery AS head
      WHERE head.subscription = :subscription AND head.order_key = 0 AND head.settled_at IS NULL
  );

-- name: hand_over
UPDATE delivery
SET subscription = :new, state = iif(state = 'inFlight', 'due', state), token = NULL, lease_until = NULL
WHERE subscription = :old AND settled_at IS NULL
  AND (SELECT type FROM event WHERE seq = delivery.event) IN (SELECT value FROM json_each(:types));

-- name: count_due
SELECT (SELECT count(*) FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 0)
     + (SELECT count(*) FROM delivery WHERE subscription = :subscription AND state = 'due' AND waiting = 1);

-- name: count_parked
SELECT count(*) FROM delivery WHERE subscription = ? AND state = 'parked';

-- name: count_dead
SELECT count(*) FROM delivery WHERE subscription = ? AND state = 'dead' AND settled_at BETWEEN ? AND ?;

-- name: count_open
SELECT count(*) FROM delivery WHERE subscription = ? AND settled_at IS NULL;

-- name: count_events
SELECT count(*) FROM event WHERE seq > ? AND seq <= ?;

-- name: event_before
SELECT seq FROM event WHERE id < ? ORDER BY id DESC LIMIT 1;
