-- name: insert
INSERT OR FAIL INTO problem (seq, id, version, sequence, status, priority, category, creation_date, last_update,
                             status_change_date, resolution_date, source, source_key, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: last_seq
SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'problem';

-- name: update
UPDATE problem
SET version = ?, sequence = ?, status = ?, priority = ?, category = ?, creation_date = ?, last_update = ?,
    status_change_date = ?, resolution_date = ?, document = ?
WHERE seq = ?;

-- name: before
SELECT seq, document FROM problem WHERE id = ?;

-- name: delete
DELETE FROM problem WHERE id = ?;

-- name: get
SELECT seq, id, version, sequence, source, source_key, document FROM problem WHERE id = ?;

-- name: get_by_source
SELECT seq, id, version, sequence, source, source_key, document FROM problem WHERE source = ? AND source_key = ?;

-- name: all_by_source
SELECT seq, id, version, sequence, source, source_key, document FROM problem
WHERE source = ? AND source_key IN (SELECT value FROM json_each(?));

-- name: document
SELECT CAST(document AS BLOB) FROM problem WHERE id = ?;

-- name: versioned
SELECT CAST(document AS BLOB), version, last_update FROM problem WHERE id = ?;
