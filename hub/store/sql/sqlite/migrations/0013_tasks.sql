-- `document` is the TMF656 v5 task without id and href; `party` is that of the caller, NULL for an operator.

CREATE TABLE task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    actor TEXT,
    party TEXT,
    document TEXT NOT NULL
);

CREATE INDEX task_kind ON task (kind);
