"""Tickets of any system that lists them as JSON over HTTP: what it needs is declared, not programmed."""

from adapters.rest.source import make

__all__ = ["make"]
