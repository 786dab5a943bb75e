-- `digest` is the SHA-256 of the whole key, which is not kept; `scopes` have a space between them.

CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    party TEXT,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER
);
