-- `problem_path` has a row for each value that a report has at a path of the settings; `value` has no type.
--
-- `indexed_path.filled` is the last report whose values are written, or NULL when all are. `dropped` paths are no
-- longer kept; their rows go in batches.

CREATE TABLE indexed_path (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    filled INTEGER DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE problem_path (
    path INTEGER NOT NULL,
    value NOT NULL,
    problem INTEGER NOT NULL,
    PRIMARY KEY (path, value, problem)
) WITHOUT ROWID;
