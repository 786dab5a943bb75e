-- `problem_block` has a row for each 256 row numbers on end; see `hub.store.blocks`.
--
-- `problem_path_tally` counts reports by the values that `problem_path_common` names; see `hub.store.path_tally`.

CREATE TABLE problem_block (
    number INTEGER PRIMARY KEY,
    reports INTEGER NOT NULL,
    created_last TEXT NOT NULL,
    updated_last TEXT NOT NULL
);

INSERT INTO problem_block
SELECT seq / 256, count(*), max(creation_date), max(last_update)
FROM problem INDEXED BY problem_seq
GROUP BY 1;

CREATE TABLE problem_path_common (path INTEGER NOT NULL, value NOT NULL, PRIMARY KEY (path, value)) WITHOUT ROWID;

CREATE TABLE problem_path_tally (
    path INTEGER NOT NULL,
    value NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    category TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (path, value, status, priority, category)
) WITHOUT ROWID;

INSERT INTO problem_path_common
SELECT path, value
FROM problem_path
WHERE path IN (SELECT number FROM indexed_path WHERE filled IS NULL AND NOT dropped)
GROUP BY path, value HAVING count(*) >= 5000;

INSERT INTO problem_path_tally
SELECT path, value, status, priority, category, count(*)
FROM problem_path_common JOIN problem_path USING (path, value)
CROSS JOIN problem INDEXED BY problem_seq ON problem.seq = problem_path.problem
GROUP BY 1, 2, 3, 4, 5;

UPDATE mark SET value = value + 1 WHERE name = 'indexed paths';
