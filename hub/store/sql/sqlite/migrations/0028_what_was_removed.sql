-- `removed_from` and `removed_to` are the first and the last event of which a delivery was received and removed.
--
-- Between them it is not known who was told. `skipped_until` is the instant (microseconds) up to which a replay
-- leaves out events for that reason; NULL when it leaves out none.

ALTER TABLE subscription ADD COLUMN removed_from INTEGER;
ALTER TABLE subscription ADD COLUMN removed_to INTEGER;
ALTER TABLE recovery ADD COLUMN skipped_until INTEGER;
