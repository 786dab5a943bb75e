"""Alerts of Prometheus Alertmanager, over its API version 2."""

from adapters.alertmanager.source import make

__all__ = ["make"]
