-- `content` is JSON; a row is open until `settled_at`, and whoever writes it holds `token` until `lease_until`.

CREATE TABLE write_back (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    problem_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    created INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'due',
    attempts INTEGER NOT NULL DEFAULT 0,
    settled_at INTEGER,
    word TEXT,
    outcome TEXT,
    token TEXT,
    lease_until INTEGER
);

CREATE INDEX write_back_open ON write_back (source, seq) WHERE settled_at IS NULL;
CREATE INDEX write_back_ticket ON write_back (source, key);
CREATE INDEX write_back_problem ON write_back (problem_id);
CREATE INDEX write_back_counted ON write_back (source, state);
