"""Service problems of a peer that speaks TMF656."""

from adapters.tmf656.source import make

__all__ = ["make"]
