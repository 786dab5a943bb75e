"""The TMF630 query language: read once (`parse`), then asked of an event (`predicate`) or of a store (`sql`)."""
