"""Door 3: events go out to their listeners."""
