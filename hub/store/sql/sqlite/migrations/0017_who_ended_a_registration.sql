-- `ended_by` is the caller who ended the registration; NULL before, and for those of before this column.

ALTER TABLE subscription ADD COLUMN ended_by TEXT;
