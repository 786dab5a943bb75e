-- name: insert
INSERT INTO subscription (id, callback, url, query, normalised_query, secret, order_mode, state, created, from_event,
                          face, owner, party, options, credentials, changed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT value FROM mark WHERE name = 'subscriptions'));

-- name: columns
SELECT seq, id, callback, url, query, normalised_query, secret, order_mode, state, state_reason, created, from_event,
       face, owner, party, options, credentials
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

-- name: set_state
UPDATE subscription
SET state = ?, state_reason = ?, changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE seq = ? AND ended IS NULL AND state <> ?;

-- name: version
SELECT value FROM mark WHERE name = 'subscriptions';

-- name: set_version
INSERT INTO mark (name, value) VALUES ('subscriptions', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1;
