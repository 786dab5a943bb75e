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
    check_tracing(settings)
    from hub.telemetry.otel import Recorder

    return Recorder(
        endpoint=tracing.endpoint,
        service_name=tracing.service_name,
        version=__version__,
        sample_ratio=tracing.sample_ratio,
    )


def check_tracing(settings: Settings) -> None:
    """Raises InvalidSettings when the extra is needed and not installed."""
    endpoint = settings.tracing.endpoint
    if not endpoint:
        return
    try:
        import hub.telemetry.otel  # noqa: F401
    except ImportError as error:
        message = f"needs the extra `otel`: pip install 'qos-hub[otel]' ({error})"
        raise InvalidSettings(
            violations=[Violation(field="[tracing] endpoint", value=endpoint, message=message)]
        ) from error
