-- `url` is the callback in one spelling; `from_event` is the latest event before the registration.

CREATE TABLE subscription (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    callback TEXT NOT NULL,
    url TEXT NOT NULL,
    query TEXT,
    normalised_query TEXT NOT NULL,
    secret BLOB NOT NULL,
    order_mode TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    created INTEGER NOT NULL,
    ended INTEGER,
    from_event INTEGER NOT NULL
);

CREATE UNIQUE INDEX subscription_once ON subscription (url, normalised_query) WHERE ended IS NULL;
