-- `digest` is that of the whole request; the body of an answer that holds a secret is `sealed`.

CREATE TABLE idempotency_key (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    digest BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    sealed INTEGER NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (caller, key)
);

CREATE INDEX idempotency_key_created ON idempotency_key (created);
