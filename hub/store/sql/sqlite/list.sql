-- name: present
SELECT list_entry.seq, list_entry.key, list_entry.digest, list_entry.callback, list_entry.query, list_entry.contact,
       list_entry.party, iif(subscription.ended IS NULL, subscription.seq, NULL), subscription.id, list_entry.error
FROM list_entry LEFT JOIN subscription ON subscription.seq = list_entry.subscription
WHERE list_entry.list = ? AND list_entry.removed IS NULL ORDER BY list_entry.seq;

-- name: one
SELECT list_entry.digest, iif(subscription.ended IS NULL, subscription.seq, NULL)
FROM list_entry LEFT JOIN subscription ON subscription.seq = list_entry.subscription
WHERE list_entry.list = ? AND list_entry.key = ? AND list_entry.removed IS NULL;

-- name: unheld
SELECT seq, id, callback, query, party FROM subscription
WHERE list = :name AND ended IS NULL
  AND NOT EXISTS (SELECT 1 FROM list_entry WHERE subscription = subscription.seq AND removed IS NULL) ORDER BY seq;

-- name: insert
INSERT INTO list_entry (list, key, digest, contact, party, callback, query, subscription, error, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: remove
UPDATE list_entry SET removed = ? WHERE list = ? AND key = ? AND removed IS NULL;

-- name: fail
UPDATE list_entry SET error = ? WHERE list = ? AND key = ? AND removed IS NULL;

-- name: note_change_by_hand
UPDATE list_entry SET digest = CAST(x'00' || digest AS BLOB)
WHERE subscription = ? AND removed IS NULL AND length(digest) = 32;

-- name: insert_change
INSERT INTO list_change (list, run, time, kind, key, contact, party, callback, query, subscription, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: changes
SELECT time, kind, key, contact, party, callback, query, subscription, detail
FROM list_change WHERE list = ? ORDER BY seq DESC LIMIT ?;

-- name: insert_run
INSERT INTO list_run (list, origin, actor, started, token, lease_until) VALUES (?, ?, ?, ?, ?, ?);

-- name: open_runs
SELECT seq, started, token, lease_until FROM list_run WHERE list = ? AND completed IS NULL;

-- name: break_off
UPDATE list_run SET completed = ?, error = ? WHERE seq = ? AND completed IS NULL;

-- name: renew
UPDATE list_run SET lease_until = ? WHERE seq = ? AND completed IS NULL;

-- name: finish_run
UPDATE list_run
SET completed = ?, entries = ?, added = ?, changed = ?, removed = ?, refused = ?, error = ?
WHERE seq = ? AND completed IS NULL;

-- name: runs
SELECT origin, actor, started, completed, entries, added, changed, removed, refused, error
FROM list_run WHERE list = ? ORDER BY seq DESC LIMIT ?;

-- name: counts
SELECT count(*), count(subscription), count(error),
       count(*) FILTER (WHERE subscription IS NOT NULL AND substr(digest, 1, 1) = x'00' AND length(digest) = 33)
FROM list_entry WHERE list = ? AND removed IS NULL;

-- name: names
SELECT DISTINCT list FROM list_run ORDER BY list;

-- name: refused_at
SELECT list, key, contact, party, callback, query, error FROM list_entry
WHERE subscription IS NULL AND since <= :time AND (removed IS NULL OR removed > :time) ORDER BY seq;

-- name: forget_runs
DELETE FROM list_run WHERE seq IN (
    SELECT seq FROM list_run AS old WHERE completed < ?
      AND EXISTS (SELECT 1 FROM list_run WHERE list = old.list AND seq > old.seq)
    LIMIT ?
);
