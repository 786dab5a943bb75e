-- name: insert
INSERT INTO api_key (id, name, digest, scopes, party, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: revoke
UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL;

-- name: columns
SELECT id, name, digest, scopes, party, created, expires, revoked FROM api_key;

-- name: version
SELECT value FROM mark WHERE name = 'api keys';

-- name: set_version
INSERT INTO mark (name, value) VALUES ('api keys', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1;
