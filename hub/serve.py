"""Runs a hub until it is told to stop: the socket first, then the doors, then the answers."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import cast

import uvicorn
import uvloop

from hub.api.protocol import Protocol
from hub.api.security import is_loopback
from hub.bootstrap import Hub, build
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
    with _listening(settings) as door:
        settings = _with_port(settings, door)
        hub = build(settings)
        try:
            _settle_memory()
            hub.start()
            log.info("hub.started", address=settings.server.base_url, roles=settings.server.roles)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_until_told(hub, door))
        finally:
            hub.stop()
        log.info("hub.stopped")


def _settle_memory() -> None:
    """What is built by now stays until the end: the garbage collector need not look at it at every round."""
    gc.collect()
    gc.freeze()


def refuse_open_door(settings: Settings) -> None:
    """Without credentials anybody who reaches the port may call, so it has to be on loopback.

    A key that was ever made counts, be it revoked: from then on the hub answers nobody without one.
    """
    server = settings.server
    if "api" not in server.roles or is_loopback(server.host) or asks_for_credentials(settings):
        return
    message = (
        "without keys the server listens on loopback only; make one with `qos-hub keys create`, "
        "or set [security] api_keys, or host to 127.0.0.1"
    )
    raise InvalidSettings(violations=[Violation(field="[server] host", value=server.host, message=message)])


def asks_for_credentials(settings: Settings) -> bool:
    """Whether callers need a credential, as the settings and the database stand; writes nothing."""
    configured = settings.security.api_keys or settings.jwt.issuer
    return bool(configured) or has_api_keys(Path(settings.store.database))


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket | None]:
    """The listening socket, taken before anything else is opened; None without the api role."""
    if "api" not in settings.server.roles:
        yield None
        return
    host, port = settings.server.host, settings.server.port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        door = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise HubError(f"cannot listen at {host} port {port}: {error.strerror}") from error
    with door:
        yield door


def _with_port(settings: Settings, door: socket.socket | None) -> Settings:
    """With the port that was given, where any free one was asked for: links and the log name it."""
    if door is None:
        return settings
    return replace(settings, server=replace(settings.server, port=door.getsockname()[1]))


async def _until_told(hub: Hub, door: socket.socket | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(hub.settings.store.reader_threads, thread_name_prefix="reader"))
    for signal in (SIGINT, SIGTERM):
        loop.add_signal_handler(signal, stop.set)
    if hub.app is None or door is None:
        await stop.wait()
        return
    api = hub.settings.api
    server = _Server(
        uvicorn.Config(
            hub.app.front(),
            # A factory does as well as a class: uvicorn only calls it.
            http=cast(type[Protocol], partial(Protocol, head_limit=api.head_limit, head_timeout=api.head_timeout)),
            timeout_keep_alive=max(1, round(api.keep_alive)),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(hub.settings.server.shutdown_grace)),
        )
    )
    answering = asyncio.create_task(server.serve(sockets=[door]))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait((answering, told), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await answering
    told.cancel()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to us: uvicorn raises them again when it ends, before the doors behind it are closed."""
        yield
