-- How a delivery stood that was sent again: settled so from `settled_at` until `reopened_at`. Of what was settled
-- only that writes `released_at`, so that all other work on deliveries pays nothing for this.

CREATE TABLE delivery_before (
    delivery INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    reopened_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (delivery, settled_at, reopened_at)
) WITHOUT ROWID;

CREATE TRIGGER delivery_reopened AFTER UPDATE OF released_at ON delivery
WHEN OLD.settled_at IS NOT NULL AND NEW.settled_at IS NULL BEGIN
    INSERT OR IGNORE INTO delivery_before (delivery, settled_at, reopened_at, state)
    VALUES (OLD.id, OLD.settled_at, NEW.released_at, OLD.state);
END;

CREATE TRIGGER delivery_before_forgotten AFTER DELETE ON delivery BEGIN
    DELETE FROM delivery_before WHERE delivery = OLD.id;
END;
