-- A delivery is open until `settled_at`; `waiting` says that an earlier one of its `order_key` is still open.
--
-- `attempts` counts all attempts, `tries` those of the present run of the schedule: sending again starts it anew.

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL,
    event INTEGER NOT NULL,
    order_key INTEGER,
    state TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    token TEXT,
    lease_until INTEGER,
    created INTEGER NOT NULL,
    settled_at INTEGER,
    last_outcome TEXT,
    last_status INTEGER
);

CREATE INDEX delivery_due ON delivery (subscription, due_at) WHERE state = 'due';
CREATE INDEX delivery_open ON delivery (subscription, order_key) WHERE settled_at IS NULL;
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'inFlight';
CREATE INDEX delivery_event ON delivery (event);
CREATE INDEX delivery_subscription ON delivery (subscription);

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    peer_address TEXT,
    name_lookup REAL,
    connect REAL,
    tls REAL,
    first_byte REAL,
    total REAL NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    error TEXT
);

CREATE INDEX attempt_delivery ON attempt (delivery);
