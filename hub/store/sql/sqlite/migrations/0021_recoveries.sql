-- Work on the deliveries of a registration, done in batches; until `completed`, nothing of it is claimed.
--
-- `place` is the last event that was looked at, `last` the last one that will be. `subscription_change` tells what an
-- operator or a list changed of a registration: a JSON object {attribute: {"from": …, "to": …}}.

CREATE TABLE recovery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subscription INTEGER NOT NULL,
    since INTEGER,
    until INTEGER,
    created INTEGER NOT NULL,
    actor TEXT,
    status TEXT NOT NULL,
    place INTEGER NOT NULL,
    last INTEGER NOT NULL,
    expected INTEGER,
    looked INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    started INTEGER,
    completed INTEGER,
    error TEXT
);

CREATE INDEX recovery_open ON recovery (subscription) WHERE completed IS NULL;
CREATE INDEX subscription_held ON subscription (seq) WHERE state <> 'active' AND ended IS NULL;

CREATE TABLE subscription_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL,
    time INTEGER NOT NULL,
    actor TEXT,
    changes TEXT NOT NULL
);

CREATE INDEX subscription_change_subscription ON subscription_change (subscription);
ALTER TABLE subscription ADD COLUMN list TEXT;
