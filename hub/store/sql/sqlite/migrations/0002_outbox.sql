-- `problem` is the report's `seq`, which outlives the report; `body` is what is sent, byte for byte.

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    problem INTEGER NOT NULL,
    problem_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
