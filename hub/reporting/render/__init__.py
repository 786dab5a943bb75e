"""Management reports as people and programs read them: one document, and a renderer for each form of it."""
