-- An entry of a list has a row for as long as it stands there, from `since` until `removed`.
--
-- `subscription` is the registration that it became, or NULL with the `error` that kept it from that. `digest` is
-- that of the whole entry. A reading of a list is a run; `list_change` tells what each run added, changed and
-- removed.

CREATE TABLE list_entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    contact TEXT,
    party TEXT,
    callback TEXT NOT NULL,
    query TEXT,
    subscription INTEGER,
    error TEXT,
    since INTEGER NOT NULL,
    removed INTEGER
);

CREATE UNIQUE INDEX list_entry_once ON list_entry (list, key) WHERE removed IS NULL;
CREATE INDEX list_entry_subscription ON list_entry (subscription);

CREATE TABLE list_run (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    origin TEXT NOT NULL,
    actor TEXT NOT NULL,
    started INTEGER NOT NULL,
    completed INTEGER,
    entries INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    error TEXT
);

CREATE INDEX list_run_list ON list_run (list);

CREATE TABLE list_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    run INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    contact TEXT,
    party TEXT,
    callback TEXT NOT NULL,
    query TEXT,
    subscription TEXT,
    detail TEXT
);

CREATE INDEX list_change_list ON list_change (list);
