"""What the hub tells of itself while it runs: logs, metrics and traces."""

from hub.telemetry.logs import configure, logger, redact, tells

__all__ = ["configure", "logger", "redact", "tells"]
