"""Tickets in files: tables (CSV), lines of JSON, and logs of what happened to tickets."""

from adapters.files.source import make

__all__ = ["make"]
