-- Each index holds all that lists are filtered by, so that a scan of it looks at no report that does not fit.
--
-- `problem_tally` counts the reports of each (status, priority, category): in all, and by the month and the day of
-- `creation_date` and of `last_update`. Its spans are spelt in `hub.store.tally`.

DROP INDEX problem_status;
DROP INDEX problem_priority;
DROP INDEX problem_category;
DROP INDEX problem_last_update;
CREATE INDEX problem_seq ON problem (seq, status, priority, category, creation_date, last_update);
CREATE INDEX problem_created ON problem (creation_date, seq, status, priority, category);
CREATE INDEX problem_updated ON problem (last_update, seq, status, priority, category);
CREATE INDEX problem_status_seq ON problem (status, seq, priority, category);
CREATE INDEX problem_status_created ON problem (status, creation_date, seq, priority, category);
CREATE INDEX problem_status_updated ON problem (status, last_update, seq, priority, category);
CREATE INDEX problem_priority_seq ON problem (priority, seq, status, category);
CREATE INDEX problem_category_seq ON problem (category, seq, status, priority);

CREATE TABLE problem_tally (
    span TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    category TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (span, status, priority, category)
) WITHOUT ROWID;

INSERT INTO problem_tally
SELECT '', status, priority, category, count(*)
FROM problem INDEXED BY problem_seq
GROUP BY 1, 2, 3, 4;

INSERT INTO problem_tally
SELECT 'cm' || substr(creation_date, 1, 7), status, priority, category, count(*)
FROM problem INDEXED BY problem_created
GROUP BY 1, 2, 3, 4;

INSERT INTO problem_tally
SELECT 'cd' || substr(creation_date, 1, 10), status, priority, category, count(*)
FROM problem INDEXED BY problem_created
GROUP BY 1, 2, 3, 4;

INSERT INTO problem_tally
SELECT 'um' || substr(last_update, 1, 7), status, priority, category, count(*)
FROM problem INDEXED BY problem_updated
GROUP BY 1, 2, 3, 4;

INSERT INTO problem_tally
SELECT 'ud' || substr(last_update, 1, 10), status, priority, category, count(*)
FROM problem INDEXED BY problem_updated
GROUP BY 1, 2, 3, 4;

INSERT INTO problem_tally SELECT '*', '', 0, '', count(*) FROM problem HAVING count(*) > 0;
