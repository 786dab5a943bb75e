"""Alarms of a peer that speaks TMF642."""

from adapters.tmf642.source import make

__all__ = ["make"]
