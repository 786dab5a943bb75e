"""Problems of hosts and services in Icinga 2, over its API version 1."""

from adapters.icinga.source import make

__all__ = ["make"]
