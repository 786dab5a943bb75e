"""The only room that speaks SQL: reports, history, outbox, registrations, deliveries and sources, on SQLite."""
