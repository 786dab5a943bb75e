-- `place` is the row number of the last report of an export, or the next line of an import; `order_values` is what
-- that report had in the order of the export, as JSON.

CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    created INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    actor TEXT NOT NULL,
    party TEXT,
    query TEXT,
    mode TEXT NOT NULL,
    notify INTEGER NOT NULL,
    url TEXT,
    status TEXT NOT NULL,
    place INTEGER NOT NULL,
    order_values TEXT,
    etag TEXT,
    started INTEGER,
    completed INTEGER,
    error TEXT,
    token TEXT,
    lease_until INTEGER,
    rows_read INTEGER NOT NULL DEFAULT 0,
    rows_created INTEGER NOT NULL DEFAULT 0,
    rows_updated INTEGER NOT NULL DEFAULT 0,
    rows_unchanged INTEGER NOT NULL DEFAULT 0,
    rows_failed INTEGER NOT NULL DEFAULT 0,
    bytes_done INTEGER NOT NULL DEFAULT 0,
    bytes_total INTEGER,
    expected INTEGER
);

CREATE TABLE job_error (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL,
    line INTEGER NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL,
    value TEXT
);

CREATE INDEX job_error_job ON job_error (job);
