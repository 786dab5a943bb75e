-- `actor` is the caller who made the change over HTTP.

ALTER TABLE problem_record ADD COLUMN actor TEXT;
