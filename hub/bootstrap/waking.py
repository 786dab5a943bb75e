"""The secrets by which trouble systems ask for a poll."""

from hub.api.wakes import WakeKey
from hub.errors import InvalidSettings, Violation
from hub.references import secret
from hub.settings import Settings, SourceSettings

SHORTEST = 16
"""Characters of a secret that nobody guesses; a shorter one opens an address to whoever tries."""


def wake_keys(settings: Settings) -> dict[str, WakeKey]:
    """By source, those that can be woken. Raises InvalidSettings for a secret that cannot be read, or is short."""
    return {name: _key(source) for name, source in settings.sources.items() if source.wake_secret}


def _key(source: SourceSettings) -> WakeKey:
    field = f"[sources.{source.name}] wake_secret"
    try:
        found = secret(source.wake_secret)
    except ValueError as error:
        raise InvalidSettings(violations=[Violation(field=field, message=str(error))]) from error
    if len(found) < SHORTEST:
        message = f"must have at least {SHORTEST} characters"
        raise InvalidSettings(violations=[Violation(field=field, message=message)])
    return WakeKey(secret=found, header=source.wake_header.lower())
