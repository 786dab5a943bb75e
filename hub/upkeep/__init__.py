"""The door for what is done by itself, a batch at a time: recoveries, lists, retention, erasures."""
