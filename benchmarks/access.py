"""What it costs to ask who calls: the guard in front of an application that does nothing, beside the same without it.

One process, no sockets: the ASGI scope of a GET with the headers of an ordinary client, over and over. The figure is
CPU a call, the least of the repeats, less that of the bare application.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.table import Table
from hub.access.callers import Callers
from hub.access.key_ring import KeyRing
from hub.access.key_sets import KeySource
from hub.access.keys import digest_of
from hub.access.rates import RateLimit
from hub.access.tokens import TokenRules, Tokens
from hub.api.guard import Guard
from hub.api.quotas import Quotas
from hub.api.requirements import requirements_of
from hub.api.schemas import load_contract
from hub.api.security import LocalCallers
from hub.model.api_key import ApiKey
from hub.model.caller import Caller
from hub.shipped import openapi_dir

BASE = "/tmf-api/serviceProblemManagement/v5"
OPERATION = "retrieveServiceProblem"
GOAL_US = 3.0
KEY = b"qos_bench_" + b"x" * 43
TOKEN = b"eyJhbGciOiJSUzI1NiJ9." + b"x" * 700 + b"." + b"y" * 342


class KeysTable:
    """A table of `count` keys, ours among them."""

    def __init__(self, count: int) -> None:
        own = ApiKey(
            id="k", name="noc", digest=digest_of(KEY), scopes=frozenset({"serviceProblem:read"}), created=0
        )
        others = (
            ApiKey(id=str(n), name=str(n), digest=secrets.token_bytes(32), scopes=frozenset({"*"}), created=0)
            for n in range(count - 1)
        )
        self._keys = [own, *others]

    def version(self) -> int:
        return 1

    def all(self) -> list[ApiKey]:
        return self._keys


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The bare application."""


def ring(count: int) -> KeyRing:
    table = KeysTable(count)
    return KeyRing(table=lambda: table)


def with_token() -> Callers:
    rules = TokenRules(
        issuer="i", audience="a", algorithms=("RS256",), leeway=0, scope_claim="s", party_claim="", name_claim="n"
    )
    tokens = Tokens(rules, KeySource(lambda: b"", interval=60))
    # As if it had been verified a moment ago: what is measured is the call after that.
    tokens._keep(digest_of(TOKEN), Caller(name="jwt:a", scopes=frozenset({"*"})), until=time.time() + 3600)
    return Callers(ring(1), tokens)


def guarded(callers: Callers, quotas: Quotas | None = None) -> ASGIApp:
    guard = Guard(callers=callers, quotas=quotas)
    requirement = requirements_of(BASE, load_contract(openapi_dir() / "serviceProblem-v5.yaml"))[OPERATION]

    local = LocalCallers(names=(), origins=(), applies=callers.is_open)

    async def admitted(scope: Scope, receive: Receive, send: Send) -> None:
        local.check(scope["headers"])
        if guard.admit_known(requirement, scope) is None:
            await guard.admit(requirement, scope)
        await nothing(scope, receive, send)

    return admitted


def scope_with(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    plain = [
        (b"host", b"127.0.0.1:8080"),
        (b"user-agent", b"bench/1"),
        (b"accept-encoding", b"gzip, deflate"),
        (b"accept", b"*/*"),
        (b"connection", b"keep-alive"),
    ]
    return {
        "type": "http",
        "path": f"{BASE}/serviceProblem/x",
        "headers": [*plain, *headers],
    }


def cpu_us(app: ASGIApp, scope: dict[str, Any], *, calls: int, repeats: int) -> float:
    """CPU microseconds a call: the least of the repeats."""

    async def run() -> float:
        receive: Any = None
        send: Any = partial(nothing, {}, receive)
        best = float("inf")
        for _ in range(repeats):
            begin = time.process_time()
            for _ in range(calls):
                await app(scope, receive, send)
            best = min(best, time.process_time() - begin)
        return best / calls * 1e6

    return asyncio.run(run())


CASES: dict[str, tuple[Callable[[], ASGIApp], tuple[tuple[bytes, bytes], ...]]] = {
    "no key configured": (lambda: guarded(Callers(KeyRing())), ()),
    "a key, of one": (lambda: guarded(Callers(ring(1))), ((b"x-api-key", KEY),)),
    "a key, of 10,000": (lambda: guarded(Callers(ring(10_000))), ((b"x-api-key", KEY),)),
    "a known token of 1 kB": (lambda: guarded(with_token()), ((b"authorization", b"Bearer " + TOKEN),)),
    "a key and a rate limit": (
        lambda: guarded(Callers(ring(1)), Quotas(RateLimit(1e6, 1_000_000))),
        ((b"x-api-key", KEY),),
    ),
}


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="One short repeat: to see that it works, not to be quoted.")
def main(quick: bool) -> None:
    calls, repeats = (2_000, 1) if quick else (50_000, 7)
    bare = cpu_us(nothing, scope_with(), calls=calls, repeats=repeats)
    found = {
        name: cpu_us(make(), scope_with(*headers), calls=calls, repeats=repeats) - bare
        for name, (make, headers) in CASES.items()
    }
    free = found["no key configured"]
    table = Table("who calls", "CPU us a call", "to no key")
    for name, cost in found.items():
        table.row(name, f"{cost:.2f}", f"{cost / free:.1f}")
    click.echo(table.text())
    verdict = "met" if found["a key, of 10,000"] <= GOAL_US else "NOT MET"
    click.echo(f"a key costs {found['a key, of 10,000']:.2f} us, goal {GOAL_US:g}: {verdict}")


if __name__ == "__main__":
    main()
