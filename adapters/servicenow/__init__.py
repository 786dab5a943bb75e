"""Incidents of ServiceNow, over its Table API."""

from adapters.servicenow.source import ServiceNow, make

__all__ = ["ServiceNow", "make"]
