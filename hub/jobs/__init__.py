"""The door for bulk: many reports written to a file, or read from one."""
