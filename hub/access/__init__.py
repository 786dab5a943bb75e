"""The rules of access: who calls, what it may do, and how often."""
