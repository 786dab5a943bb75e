"""Roundup issues, over its REST interface."""

from adapters.roundup.source import make

__all__ = ["make"]
