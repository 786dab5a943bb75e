"""Tracing as the settings want it; OpenTelemetry is imported where traces are recorded, and nowhere else."""

from hub import __version__
from hub.errors import InvalidSettings, Violation
from hub.settings import Settings
from hub.telemetry.trails import PassingOn, Tracing


def make_tracing(settings: Settings) -> Tracing | None:
    """None where nothing is followed. Raises InvalidSettings when the extra is needed and not installed."""
    tracing = settings.tracing
    if not tracing.endpoint:
        return PassingOn() if tracing.pass_on else None
    try:
        from hub.telemetry.otel import Recorder
    except ImportError as error:
        message = f"needs the extra `otel`: pip install 'qos-hub[otel]' ({error})"
        violation = Violation(field="[tracing] endpoint", value=tracing.endpoint, message=message)
        raise InvalidSettings(violations=[violation]) from error
    return Recorder(
        endpoint=tracing.endpoint,
        service_name=tracing.service_name,
        version=__version__,
        sample_ratio=tracing.sample_ratio,
    )
