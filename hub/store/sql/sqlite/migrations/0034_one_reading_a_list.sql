-- A reading that is under way holds its list; what its process left open has no holder and is closed.

ALTER TABLE list_run ADD COLUMN token TEXT;
ALTER TABLE list_run ADD COLUMN lease_until INTEGER;
