"""Tickets in a table or view of any database that SQLAlchemy knows."""

from collections.abc import Mapping
from typing import Any

from hub.ports import Source

__all__ = ["make"]


def make(name: str, options: Mapping[str, Any]) -> Source:
    """The source for one table. Raises marshmallow's ValidationError, and ValueError where SQLAlchemy is missing."""
    try:
        from adapters.sql.source import make as made
    except ImportError as error:
        raise ValueError(f"the adapter sql needs SQLAlchemy: pip install 'qos-hub[sql]' ({error})") from error
    return made(name, options)
