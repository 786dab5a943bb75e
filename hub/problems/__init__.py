"""The rules of a report: its lifecycle, what changed, and which events a change deserves."""
