-- `trace` is the W3C traceparent that the event's change came from; NULL when nobody follows it.

ALTER TABLE event ADD COLUMN trace TEXT;
