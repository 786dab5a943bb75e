-- name: insert
INSERT INTO task (id, kind, state, created, actor, party, document) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: update
UPDATE task SET state = ?, document = ? WHERE id = ?;

-- name: document
SELECT CAST(document AS BLOB) FROM task WHERE kind = ? AND id = ? AND (? IS NULL OR party = ?);

-- name: count
SELECT count(*) FROM task;
