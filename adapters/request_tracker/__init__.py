"""Tickets of Request Tracker 5, over its REST 2 interface."""

from adapters.request_tracker.source import make

__all__ = ["make"]
