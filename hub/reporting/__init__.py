"""Figures over the history: what was recorded, the clocks and calendars by which it is judged, and the metrics."""
