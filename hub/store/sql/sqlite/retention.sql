-- name: deliveries_after
SELECT id, state, settled_at, created FROM delivery WHERE id > ? ORDER BY id LIMIT ?;

-- name: delete_attempts
DELETE FROM attempt WHERE delivery IN (SELECT value FROM json_each(?));

-- name: note_removed
UPDATE subscription
SET removed_from = min(coalesce(removed_from, gone.first), gone.first),
    removed_to = max(coalesce(removed_to, gone.last), gone.last)
FROM (
    SELECT subscription, min(event) AS first, max(event) AS last FROM delivery
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'delivered' GROUP BY subscription
) AS gone
WHERE subscription.seq = gone.subscription;

-- name: delete_deliveries
DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(?)) AND settled_at IS NOT NULL;

-- name: note_deliveries_gone
-- Up to when deliveries and events were made of which some are gone: figures about that time would be wrong.
INSERT INTO mark (name, value)
SELECT 'deliveries removed', max(created) FROM delivery WHERE id IN (SELECT value FROM json_each(?))
HAVING max(created) IS NOT NULL
ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value);

-- name: note_events_gone
INSERT INTO mark (name, value)
SELECT 'deliveries removed', max(time) FROM event WHERE seq > :after AND seq <= :until
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.seq)
HAVING max(time) IS NOT NULL
ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value);

-- name: note_entries_gone
-- The same of entries of lists that were no registrations: who stood there was not told of anything.
INSERT INTO mark (name, value)
SELECT 'deliveries removed', max(coalesce(removed, :now)) FROM list_entry
WHERE seq IN (SELECT value FROM json_each(:rows)) AND subscription IS NULL
HAVING max(coalesce(removed, :now)) IS NOT NULL
ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value);

-- name: attempts_after
SELECT id, started FROM attempt WHERE id > ? ORDER BY id LIMIT ?;

-- name: empty_attempts
UPDATE attempt SET headers = '[]', body = x'', error = NULL WHERE id > ? AND id <= ?;

-- name: events_after
SELECT seq FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?;

-- name: delete_events
DELETE FROM event WHERE seq > :after AND seq <= :until
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.seq);

-- name: ended
SELECT seq FROM subscription WHERE ended < ?
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.subscription = subscription.seq)
LIMIT ?;

-- name: delete_changes
DELETE FROM subscription_change WHERE subscription IN (SELECT value FROM json_each(?));

-- name: delete_recoveries
DELETE FROM recovery WHERE subscription IN (SELECT value FROM json_each(?));

-- name: delete_subscriptions
DELETE FROM subscription WHERE seq IN (SELECT value FROM json_each(?)) AND ended IS NOT NULL;

-- name: entries_before
SELECT seq FROM list_entry WHERE removed < ? LIMIT ?;

-- name: delete_entries
DELETE FROM list_entry WHERE seq IN (SELECT value FROM json_each(?));

-- name: delete_list_changes
DELETE FROM list_change WHERE seq IN (SELECT seq FROM list_change WHERE time < ? ORDER BY seq LIMIT ?);
