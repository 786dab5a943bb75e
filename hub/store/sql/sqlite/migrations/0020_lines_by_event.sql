-- What waits in a line stands there by its event, for an old event may get its delivery late.
--
-- `released_at` is when a delivery was last made due by hand, or by the end of a pause: order waits from then on.

ALTER TABLE delivery ADD COLUMN released_at INTEGER;
DROP INDEX delivery_open;
CREATE INDEX delivery_line ON delivery (subscription, order_key, event) WHERE settled_at IS NULL;
CREATE INDEX delivery_parked ON delivery (subscription, event) WHERE state = 'parked';
CREATE INDEX delivery_dead ON delivery (subscription, settled_at) WHERE state = 'dead';
