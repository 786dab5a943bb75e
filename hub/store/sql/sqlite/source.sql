-- name: ensure
INSERT INTO source (name, adapter) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET adapter = excluded.adapter;

-- name: get
SELECT name, adapter, cursor, state, error, last_poll, last_success, next_poll, failures, lag, unmapped,
       reconciled, woken, resync,
       (SELECT count(*) FROM item WHERE item.source = source.name AND problem_id IS NOT NULL)
FROM source WHERE name = ?;

-- name: all
SELECT name, adapter, cursor, state, error, last_poll, last_success, next_poll, failures, lag, unmapped,
       reconciled, woken, resync,
       (SELECT count(*) FROM item WHERE item.source = source.name AND problem_id IS NOT NULL)
FROM source ORDER BY name;

-- name: set_cursor
UPDATE source SET cursor = ? WHERE name = ?;

-- name: set_reconciled
UPDATE source SET reconciled = ? WHERE name = ?;

-- name: wake
UPDATE source SET woken = ? WHERE name = ? AND woken IS NULL;

-- name: heed
UPDATE source SET woken = NULL WHERE name = ?;

-- name: woken
SELECT woken IS NOT NULL FROM source WHERE name = ?;

-- name: set_resync
UPDATE source SET resync = ? WHERE name = ?;

-- name: set_health
UPDATE source
SET state = ?, error = ?, last_poll = ?, last_success = coalesce(?, last_success), next_poll = ?, failures = ?, lag = ?
WHERE name = ?;

-- name: unmapped
SELECT unmapped FROM source WHERE name = ?;

-- name: set_unmapped
UPDATE source SET unmapped = ? WHERE name = ?;

-- name: item
SELECT problem_id, digest, updated, missed, gone, beside FROM item WHERE source = ? AND key = ?;

-- name: items
SELECT key, problem_id, digest, updated, missed, gone, beside FROM item
WHERE source = ? AND key IN (SELECT value FROM json_each(?));

-- name: put_item
INSERT OR FAIL INTO item (source, key, problem_id, digest, updated, missed, gone, beside)
VALUES (?, ?, ?, ?, ?, 0, ?, ?)
ON CONFLICT (source, key) DO UPDATE
SET problem_id = excluded.problem_id, digest = excluded.digest, updated = excluded.updated, missed = 0,
    gone = excluded.gone, beside = excluded.beside;

-- name: present
SELECT key, missed FROM item WHERE source = ? AND gone = 0;

-- name: passed_over
SELECT key, digest FROM item WHERE source = ? AND problem_id IS NULL;

-- name: set_missed
UPDATE item SET missed = ? WHERE source = ? AND key = ?;

-- name: set_gone
UPDATE item SET gone = 1, digest = x'', beside = x'', missed = ? WHERE source = ? AND key = ?;

-- name: insert_run
INSERT INTO run (source, started, ended, pages, records, changed, error) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: trim_runs
DELETE FROM run WHERE source = ? AND id <= (SELECT max(id) FROM run WHERE source = ?) - ?;
