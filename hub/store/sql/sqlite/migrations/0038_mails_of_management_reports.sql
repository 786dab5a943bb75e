-- A mail is open until `settled_at`; whoever sends it holds `token` until `lease_until`. With the report go its
-- mails, whoever removes it: they have the addresses of people.

CREATE TABLE mail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    report TEXT NOT NULL,
    recipient TEXT NOT NULL,
    created INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'due',
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    settled_at INTEGER,
    outcome TEXT,
    status INTEGER,
    reply TEXT,
    token TEXT,
    lease_until INTEGER
);

CREATE INDEX mail_open ON mail (due_at) WHERE settled_at IS NULL;
CREATE INDEX mail_report ON mail (report);

CREATE TRIGGER mail_forgotten AFTER DELETE ON job
WHEN OLD.kind = 'managementReport' BEGIN
    DELETE FROM mail WHERE report = OLD.id;
END;
