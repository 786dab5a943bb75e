"""Tickets of Zendesk Support, over its incremental export."""

from adapters.zendesk.source import Zendesk, make

__all__ = ["Zendesk", "make"]
