"""The metrics, one subject a file: each a definition, and a function from a view to figures."""
