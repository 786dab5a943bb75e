"""Incidents of PagerDuty, by its log entries."""

from adapters.pagerduty.source import PagerDuty, make

__all__ = ["PagerDuty", "make"]
