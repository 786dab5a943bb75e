-- `delivered_at` is when a delivery that is sent again had been received before; NULL where it had not.

ALTER TABLE delivery ADD COLUMN delivered_at INTEGER;
