-- `party` is only kept until the erasure is done; `pseudonym` stands in its place afterwards.
--
-- `stage` is what is looked through now, `place` how far; `counts` is a JSON object {stage: how many were changed}.

CREATE TABLE erasure (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    party TEXT,
    pseudonym TEXT NOT NULL,
    names TEXT NOT NULL DEFAULT '[]',
    created INTEGER NOT NULL,
    actor TEXT,
    status TEXT NOT NULL,
    stage TEXT NOT NULL,
    place INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '{}',
    started INTEGER,
    completed INTEGER,
    error TEXT
);
