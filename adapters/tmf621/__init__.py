"""Trouble tickets of a peer that speaks TMF621."""

from adapters.tmf621.source import make

__all__ = ["make"]
