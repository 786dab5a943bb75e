-- `document` is the JSON of a definition; a management report itself is a row of `job`.

CREATE TABLE report_definition (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    actor TEXT NOT NULL,
    created INTEGER NOT NULL
);
