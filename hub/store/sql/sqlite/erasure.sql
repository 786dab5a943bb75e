-- name: insert
INSERT INTO erasure (id, party, pseudonym, names, created, actor, status, stage)
VALUES (?, ?, ?, ?, ?, ?, 'Not Started', ?);

-- name: columns
SELECT seq, id, party, pseudonym, names, created, actor, status, stage, place, counts, started, completed, error
FROM erasure;

-- name: count
SELECT count(*) FROM erasure;

-- name: open
SELECT min(seq) FROM erasure WHERE completed IS NULL;

-- name: open_of
SELECT id FROM erasure WHERE party = ? AND completed IS NULL;

-- name: advance
UPDATE erasure SET status = 'Running', stage = ?, place = ?, counts = ?, started = coalesce(started, ?) WHERE seq = ?;

-- name: finish
UPDATE erasure
SET status = 'Succeeded', stage = 'done', party = NULL, names = '[]', completed = ?, started = coalesce(started, ?)
WHERE seq = ?;

-- name: note_error
UPDATE erasure SET error = ? WHERE seq = ?;

-- name: forget
DELETE FROM erasure WHERE seq IN (SELECT seq FROM erasure WHERE completed < ? LIMIT ?);

-- name: names
SELECT name FROM api_key WHERE party = :party
UNION SELECT owner FROM subscription WHERE party = :party AND owner IS NOT NULL AND list IS NULL
UNION SELECT actor FROM task WHERE party = :party AND actor IS NOT NULL
UNION SELECT actor FROM job WHERE party = :party AND kind <> 'managementReport'
UNION SELECT actor FROM problem_record WHERE actor_party = :party AND actor IS NOT NULL;

-- name: keys
UPDATE api_key SET revoked = coalesce(revoked, :now), party = :pseudonym, name = :pseudonym WHERE id IN (
    SELECT id FROM api_key WHERE party = :party LIMIT :limit
);

-- name: end_subscriptions
UPDATE subscription SET ended = ?, ended_by = ?, secret = x'', credentials = NULL,
    changed = (SELECT value FROM mark WHERE name = 'subscriptions')
WHERE seq IN (SELECT seq FROM subscription WHERE party = ? AND ended IS NULL LIMIT ?);

-- name: list_of
SELECT list FROM list_entry WHERE party = ? AND removed IS NULL;

-- name: subscriptions
SELECT seq FROM subscription WHERE party = ? LIMIT ?;

-- name: blank_subscription
UPDATE subscription
SET callback = '', url = '', query = NULL, normalised_query = '', secret = x'', credentials = NULL, owner = ?, party = ?, list = NULL,
    state_reason = NULL, options = '{}',
    ended_by = iif(ended_by IN (SELECT value FROM json_each(?)), ?, ended_by)
WHERE seq = ?;

-- name: delete_subscription_changes
DELETE FROM subscription_change WHERE subscription = ?;

-- name: list_entries
SELECT seq FROM list_entry WHERE party = ? LIMIT ?;

-- name: delete_list_changes
DELETE FROM list_change WHERE seq IN (SELECT seq FROM list_change WHERE party = ? LIMIT ?);

-- name: deliveries
SELECT delivery.id FROM delivery JOIN subscription ON subscription.seq = delivery.subscription
WHERE subscription.party = ? LIMIT ?;

-- name: delete_attempts
DELETE FROM attempt WHERE delivery IN (SELECT value FROM json_each(?));

-- name: delete_deliveries
DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(?));

-- name: delete_tasks
DELETE FROM task WHERE seq IN (SELECT seq FROM task WHERE party = ? LIMIT ?);

-- name: delete_jobs
DELETE FROM job WHERE seq IN (SELECT seq FROM job WHERE party = ? LIMIT ?);

-- name: delete_answers
DELETE FROM idempotency_key WHERE seq IN (
    SELECT seq FROM idempotency_key WHERE caller IN (SELECT value FROM json_each(?)) LIMIT ?
);

-- name: reports
SELECT seq, id, instr(document, :quoted) > 0 FROM problem WHERE seq > :place ORDER BY seq LIMIT :limit;

-- name: records
SELECT seq, changes, party, actor, actor_party FROM problem_record WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: set_record
UPDATE problem_record SET changes = ?, party = ?, actor = ?, actor_party = ? WHERE seq = ?;

-- name: write_backs
SELECT seq, content FROM write_back WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: set_write_back
UPDATE write_back SET content = ? WHERE seq = ?;

-- name: events
SELECT seq, body, party FROM event WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: set_event
UPDATE event SET body = ?, party = ? WHERE seq = ?;

-- name: responses
SELECT id, instr(body, CAST(:party AS BLOB)) > 0 OR instr(headers, :party) > 0 OR instr(coalesce(error, ''), :party) > 0
FROM attempt WHERE id > :place ORDER BY id LIMIT :limit;

-- name: empty_attempt
UPDATE attempt SET headers = '[]', body = x'', error = NULL WHERE id = ?;
