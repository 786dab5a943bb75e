-- Under which identifiers of other systems a report is known; triggers keep it, whoever writes a report.
--
-- `key` is a JSON list of the identifier, its owner and its type.

CREATE TABLE problem_identifier (
    key TEXT NOT NULL,
    problem INTEGER NOT NULL,
    PRIMARY KEY (key, problem)
) WITHOUT ROWID;

CREATE INDEX problem_identifier_problem ON problem_identifier (problem);

INSERT OR IGNORE INTO problem_identifier (key, problem)
SELECT json_array(value ->> 'id', value ->> 'owner', value ->> 'externalIdentifierType'), problem.seq
FROM problem, json_each(problem.document, '$.externalIdentifier') WHERE json_each.type = 'object';

CREATE TRIGGER problem_identified AFTER INSERT ON problem
WHEN instr(new.document, '"externalIdentifier"') BEGIN
    INSERT OR IGNORE INTO problem_identifier (key, problem)
    SELECT json_array(value ->> 'id', value ->> 'owner', value ->> 'externalIdentifierType'), new.seq
    FROM json_each(new.document, '$.externalIdentifier')
    WHERE json_each.type = 'object';
END;

CREATE TRIGGER problem_identified_anew AFTER UPDATE OF document ON problem
WHEN instr(new.document, '"externalIdentifier"') OR instr(old.document, '"externalIdentifier"') BEGIN
    DELETE FROM problem_identifier WHERE problem = old.seq;
    INSERT OR IGNORE INTO problem_identifier (key, problem)
    SELECT json_array(value ->> 'id', value ->> 'owner', value ->> 'externalIdentifierType'), new.seq
    FROM json_each(new.document, '$.externalIdentifier')
    WHERE json_each.type = 'object';
END;

CREATE TRIGGER problem_forgotten AFTER DELETE ON problem
WHEN instr(old.document, '"externalIdentifier"') BEGIN
    DELETE FROM problem_identifier WHERE problem = old.seq;
END;
