"""Logs: one line for each thing that happened, with fixed field names, and never a secret in it."""

import logging
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

SECRET_NAMES = ("secret", "password", "token", "authorization", "api_key")
PLAIN = frozenset({str, int, float, bool, type(None)})
"""The types of values that have nothing inside."""
BEGIN: list[Processor] = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name]


class _Lines(structlog.WriteLogger):
    """Writes finished lines; it has a name because `add_logger_name` asks for one."""

    def __init__(self, name: str, out: TextIO) -> None:
        super().__init__(out)
        self.name = name


def configure(level: str = "info", format: str = "json", *, stream: TextIO | None = None) -> None:
    """Write our lines and those of libraries, from `level` up, to `stream` (standard error) in one form.

    Called once at the start of a command; a later call replaces the earlier one.
    """
    out = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    finish = _finish(format, out)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *BEGIN, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lru_cache(lambda name="hub": _Lines(name, out)),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(threshold, finish, out)


def logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines carry `name`; fields have names: `log.info("delivery.attempted", status=204)`."""
    return cast(FilteringBoundLogger, structlog.get_logger(name))


def tells(level: int) -> bool:
    """Whether lines of this level (of `logging`) are written; to ask costs less than to put one together."""
    return logging.getLogger().isEnabledFor(level)


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Say of a secret only whether it is set. Most lines have none: they stay as they are."""
    for key, value in line.items():
        if type(value) not in PLAIN or _names_a_secret(key):
            return {key: _without_secrets(key, value) for key, value in line.items()}
    return line


def _without_secrets(key: object, value: Any) -> Any:
    if _names_a_secret(key):
        return "set" if value else "not set"
    if isinstance(value, dict):
        return {inner: _without_secrets(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets("", item) for item in value]
    return value


@lru_cache(maxsize=1024)
def _names_a_secret(key: object) -> bool:
    name = str(key).lower().replace("-", "_").removesuffix("s")
    return any(name == word or name.endswith(f"_{word}") for word in SECRET_NAMES)


def _finish(format: str, out: TextIO) -> list[Processor]:
    """The steps that every line passes, ours or a library's, down to its text."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    if format == "text":
        colours = out.isatty()
        return [redact, stamp, structlog.dev.ConsoleRenderer(colors=colours, timestamp_key="time")]
    # `message`, because an event is something else here: what a listener is told.
    name = structlog.processors.EventRenamer("message")
    render = structlog.processors.JSONRenderer(serializer=_json)
    return [redact, stamp, structlog.processors.format_exc_info, name, render]


def _json(line: Any, default: Callable[[Any], Any] = repr, **_options: Any) -> str:
    return orjson.dumps(line, default=default, option=orjson.OPT_NON_STR_KEYS).decode()


def _adopt_libraries(threshold: int, finish: list[Processor], out: TextIO) -> None:
    """Give the root logger of the standard library one handler that writes as we do."""
    handler = logging.StreamHandler(out)
    steps = [ProcessorFormatter.remove_processors_meta, *finish]
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=BEGIN, processors=steps))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    # It quotes the URLs that it calls, and the path of a callback may hold a secret.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("weasyprint.progress").setLevel(logging.ERROR)
