"""Runs a hub until it is told to stop: the socket first, then the doors, then the answers."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import cast

import uvicorn
import uvloop
from starlette.types import ASGIApp

from hub import memory
from hub.api.protocol import Protocol
from hub.api.security import is_loopback
from hub.bootstrap import Hub, build
from hub.descriptors import make_room
from hub.errors import HubError, InvalidSettings, Violation
from hub.settings import Settings
from hub.store.api_keys import has_api_keys
from hub.telemetry import logger

log = logger("hub.serve")

BACKLOG = 2048


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises InvalidSettings, StoreUnavailable, or HubError when the address cannot be used.
    """
    refuse_open_door(settings)
    make_room(settings)
    with ExitStack() as doors:
        door, scraped = doors.enter_context(_api_door(settings)), doors.enter_context(_metrics_door(settings))
        settings = _with_port(settings, door)
        hub = build(settings)
        try:
            memory.settle()
            hub.start()
            _say_started(settings, scraped)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_until_told(hub, [(hub.app and hub.app.front(), door), (hub.metrics, scraped)]))
        finally:
            hub.stop()
        log.info("hub.stopped")


def _say_started(settings: Settings, scraped: socket.socket | None) -> None:
    server = settings.server
    more = {}
    if scraped is not None:
        host, port = scraped.getsockname()[:2]
        more["metrics"] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    log.info("hub.started", address=server.base_url, roles=server.roles, **more)


def refuse_open_door(settings: Settings) -> None:
    """Without credentials anybody who reaches the port may call, so it has to be on loopback.

    A key that was ever made counts, be it revoked: from then on the hub answers nobody without one.
    """
    open_to = [("[server] host", settings.server.host)] if "api" in settings.server.roles else []
    if settings.metrics.listen:
        open_to.append(("[metrics] listen", host_and_port(settings.metrics.listen)[0]))
    exposed = [(field, host) for field, host in open_to if not is_loopback(host)]
    if not exposed or asks_for_credentials(settings):
        return
    message = (
        "without keys the server listens on loopback only; make one with `qos-hub keys create`, "
        "or set [security] api_keys, or host to 127.0.0.1"
    )
    raise InvalidSettings(
        violations=[Violation(field=field, value=host, message=message) for field, host in exposed]
    )


def host_and_port(address: str) -> tuple[str, int]:
    """The two of `[metrics] listen`; an IPv6 address comes without its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def asks_for_credentials(settings: Settings) -> bool:
    """Whether callers need a credential, as the settings and the database stand; writes nothing."""
    configured = settings.security.api_keys or settings.jwt.issuer
    return bool(configured) or has_api_keys(Path(settings.store.database))


@contextmanager
def _api_door(settings: Settings) -> Iterator[socket.socket | None]:
    """The listening socket, taken before anything else is opened; None without the api role."""
    if "api" not in settings.server.roles:
        yield None
        return
    with _listening(settings.server.host, settings.server.port) as door:
        yield door


@contextmanager
def _metrics_door(settings: Settings) -> Iterator[socket.socket | None]:
    """The socket of `[metrics] listen`; None without one."""
    if not settings.metrics.listen:
        yield None
        return
    with _listening(*host_and_port(settings.metrics.listen)) as door:
        yield door


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise HubError(f"cannot listen at {host} port {port}: {reason}") from error


def _with_port(settings: Settings, door: socket.socket | None) -> Settings:
    """With the port that was given, where any free one was asked for: links and the log name it."""
    if door is None:
        return settings
    return replace(settings, server=replace(settings.server, port=door.getsockname()[1]))


async def _until_told(hub: Hub, doors: Sequence[tuple[ASGIApp | None, socket.socket | None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(hub.settings.store.reader_threads, thread_name_prefix="reader"))
    for signal in (SIGINT, SIGTERM):
        loop.add_signal_handler(signal, stop.set)
    open_ones = [(_server(app, hub.settings), door) for app, door in doors if app is not None and door is not None]
    answering = [asyncio.create_task(server.serve(sockets=[door])) for server, door in open_ones]
    told = asyncio.create_task(stop.wait())
    await asyncio.wait((told, *answering), return_when=asyncio.FIRST_COMPLETED)
    for server, _ in open_ones:
        server.should_exit = True
    await asyncio.gather(*answering)
    told.cancel()


def _server(app: ASGIApp, settings: Settings) -> "_Server":
    api = settings.api
    return _Server(
        uvicorn.Config(
            app,
            # A factory does as well as a class: uvicorn only calls it.
            http=cast(type[Protocol], partial(Protocol, head_limit=api.head_limit, head_timeout=api.head_timeout)),
            timeout_keep_alive=max(1, round(api.keep_alive)),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(settings.server.shutdown_grace)),
        )
    )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to us: uvicorn raises them again when it ends, before the doors behind it are closed."""
        yield
