-- Who makes a registration active, by whatever way, has seen to its listener: its count and its hold begin anew.

DROP TRIGGER subscription_enabled;

CREATE TRIGGER subscription_activated AFTER UPDATE OF state ON subscription
WHEN old.state <> 'active' AND new.state = 'active' BEGIN
    UPDATE listener
    SET failures = 0, failing_since = NULL, held_from = 0, held_until = 0, probed = 0,
        warned = CASE WHEN old.state = 'disabled' OR warned <> 0 THEN -1 ELSE 0 END
    WHERE subscription = new.seq;
END;
