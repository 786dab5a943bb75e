-- What has come of the schedule of a definition: `schedule` is its text as it was when this began, `until` the
-- instant up to which every turn has been seen to, `period` and `report` the last one that was made.

CREATE TABLE report_schedule (
    name TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    until INTEGER NOT NULL,
    period TEXT,
    report TEXT
);
