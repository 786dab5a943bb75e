-- `listener` has a row for each listener that has failed or is bounded; see `hub.model.standing`.
--
-- Who enables a disabled registration, by whatever way, begins its count anew. -1 is AFTER_DISABLED.

CREATE TABLE listener (
    subscription INTEGER PRIMARY KEY,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    warned INTEGER NOT NULL DEFAULT 0,
    held_from INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER NOT NULL DEFAULT 0,
    probed INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    notices INTEGER NOT NULL DEFAULT 0
);

CREATE TRIGGER subscription_enabled AFTER UPDATE OF state ON subscription
WHEN old.state = 'disabled' AND new.state = 'active' BEGIN
    UPDATE listener
    SET failures = 0, failing_since = NULL, warned = -1, held_from = 0, held_until = 0, probed = 0
    WHERE subscription = new.seq;
END;
