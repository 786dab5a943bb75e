"""Issues of Jira Cloud and requests of Jira Service Management, over its REST interface."""

from adapters.jira.source import Jira, make

__all__ = ["Jira", "make"]
