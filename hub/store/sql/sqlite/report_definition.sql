-- name: insert
INSERT INTO report_definition (name, document, actor, created) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING;

-- name: get
SELECT document FROM report_definition WHERE name = ?;

-- name: all
SELECT document FROM report_definition ORDER BY name;

-- name: delete
DELETE FROM report_definition WHERE name = ?;
