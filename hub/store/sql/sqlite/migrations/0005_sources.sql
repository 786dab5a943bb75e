-- `item` has one row a ticket: its digest tells whether it changed, `missed` counts polls it was absent from.

CREATE TABLE source (
    name TEXT PRIMARY KEY,
    adapter TEXT NOT NULL,
    cursor TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL DEFAULT 'new',
    error TEXT,
    last_poll INTEGER,
    last_success INTEGER,
    next_poll INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    lag REAL,
    unmapped TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE item (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    problem_id TEXT,
    digest BLOB NOT NULL,
    updated INTEGER NOT NULL,
    missed INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, key)
);

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    records INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    error TEXT
);

CREATE INDEX run_source ON run (source);
