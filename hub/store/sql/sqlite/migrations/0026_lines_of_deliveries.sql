-- What is ready and what waits in line have an index each; what is in flight is found by its order key.
--
-- What waits in a line stands there by its event, for an old event may get its delivery late.

DROP INDEX IF EXISTS delivery_open;
CREATE INDEX IF NOT EXISTS delivery_line ON delivery (subscription, order_key, event) WHERE settled_at IS NULL;
DROP INDEX delivery_due;
DROP INDEX delivery_leased;
CREATE INDEX delivery_ready ON delivery (subscription, due_at) WHERE state = 'due' AND waiting = 0;
CREATE INDEX delivery_waiting ON delivery (subscription, due_at) WHERE state = 'due' AND waiting = 1;
CREATE INDEX delivery_in_flight ON delivery (subscription, order_key) WHERE state = 'inFlight';
