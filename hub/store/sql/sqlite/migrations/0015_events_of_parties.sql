-- `party` is that of the caller who made the task that the event is about; NULL for an operator or a report.

ALTER TABLE event ADD COLUMN party TEXT;
