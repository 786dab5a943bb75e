"""Tickets of Zammad, over its REST interface."""

from adapters.zammad.source import Zammad, make

__all__ = ["Zammad", "make"]
