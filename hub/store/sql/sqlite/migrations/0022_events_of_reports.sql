-- Who was told of a report is asked for by the report.

CREATE INDEX event_problem ON event (problem_id);
