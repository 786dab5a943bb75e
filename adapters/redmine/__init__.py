"""Redmine issues, over its REST API."""

from adapters.redmine.source import make

__all__ = ["make"]
