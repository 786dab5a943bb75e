-- `document` is the TMF656 v5 report without id and href; the other columns repeat what is filtered or sorted.

CREATE TABLE problem (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    category TEXT NOT NULL,
    creation_date TEXT NOT NULL,
    last_update TEXT NOT NULL,
    status_change_date TEXT NOT NULL,
    resolution_date TEXT,
    source TEXT,
    source_key TEXT,
    document TEXT NOT NULL
);

CREATE INDEX problem_status ON problem (status);
CREATE INDEX problem_priority ON problem (priority);
CREATE INDEX problem_category ON problem (category);
CREATE INDEX problem_last_update ON problem (last_update);
CREATE UNIQUE INDEX problem_source ON problem (source, source_key) WHERE source IS NOT NULL;

CREATE TABLE problem_record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    problem_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    record_time INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    from_status TEXT,
    to_status TEXT,
    source TEXT,
    source_status TEXT,
    party TEXT,
    reason TEXT,
    irregular INTEGER NOT NULL DEFAULT 0,
    changes TEXT NOT NULL
);

CREATE INDEX problem_record_problem ON problem_record (problem_id);
