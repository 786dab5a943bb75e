"""Management reports by e-mail: a message of its own for each recipient."""
