"""Tickets of GLPI, over its REST interface."""

from adapters.glpi.source import Glpi, make

__all__ = ["Glpi", "make"]
