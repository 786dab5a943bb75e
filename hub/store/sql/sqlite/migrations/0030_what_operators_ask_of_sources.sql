-- `reconciled` is when all keys were last listed, `woken` when somebody asked for a poll that has not begun.
--
-- `resync` is {"id", "since", "notify", "begun"} while tickets are to be read again; NULL when none are.

ALTER TABLE source ADD COLUMN reconciled INTEGER;
ALTER TABLE source ADD COLUMN woken INTEGER;
ALTER TABLE source ADD COLUMN resync TEXT;
