-- name: insert
INSERT INTO subscription (id, callback, url, query, normalised_query, secret, order_mode, state, created, from_event,
                          face, owner, party, options, list, credentials, changed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT value FROM mark WHERE name = 'subscriptions'));

-- name: columns
SELECT seq, id, callback, url, query, normalised_query, secret, order_mode, state, state_reason, created, from_event,
       face, owner, party, options, list, credentials, ended, ended_by, removed_from, removed_to
FROM subscription;

-- name: ended
SELECT seq FROM subscription WHERE changed > ? AND ended IS NOT NULL;

-- name: same
SELECT id FROM subscription
WHERE url = ? AND normalised_query = ? AND face = ? AND ifnull(party, '') = ifnull(?, '') AND ended IS NULL;

-- name: set_credentials
UPDATE subscription
SET secret = ?, credentials = ?, changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE seq = ?;

-- name: end
UPDATE subscription SET ended = ?, ended_by = ?, secret = x'', credentials = NULL, changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE id = ? AND ended IS NULL AND (? IS NULL OR party = ?)
RETURNING seq;

-- name: ended_by
SELECT ended_by FROM subscription WHERE id = ?;

-- name: state
SELECT state, state_reason FROM subscription WHERE seq = ?;

-- name: set_state
UPDATE subscription
SET state = ?, state_reason = ?, changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE seq = ? AND ended IS NULL AND state <> ?;

-- name: set
UPDATE subscription
SET state = ?, state_reason = ?, order_mode = ?, options = ?, list = ?, callback = ?, url = ?,
    changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE seq = ? AND ended IS NULL;

-- name: touch
UPDATE subscription SET changed = (SELECT value FROM mark WHERE name = 'subscriptions') WHERE seq = ?;

-- name: count
SELECT count(*) FROM subscription;

-- name: is_sent_to
SELECT 1 FROM subscription
WHERE seq = ? AND state = 'active' AND ended IS NULL
  AND NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.subscription = subscription.seq AND completed IS NULL);

-- name: insert_change
INSERT INTO subscription_change (subscription, time, actor, changes) VALUES (?, ?, ?, ?);

-- name: changes
SELECT time, actor, changes FROM subscription_change WHERE subscription = ? ORDER BY seq;

-- name: version
SELECT value FROM mark WHERE name = 'subscriptions';

-- name: set_version
INSERT INTO mark (name, value) VALUES ('subscriptions', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1;
