-- What the detectors knew when they had seen the history up to `mark`; `content` is theirs to read.

CREATE TABLE detector_memory (
    name TEXT PRIMARY KEY,
    mark INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    content BLOB NOT NULL
);
