"""Door 1: HTTP in. The contract says what may come; the handlers read, call a rule, and render."""
