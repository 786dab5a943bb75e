"""The bench of each installed adapter: a system that really runs, a fake of one, or what another package offers.

A system that takes long to install and to start has two: a fake in every run, and the real one in `make test-real`.

A package that offers an adapter offers its bench by an entry point of the same name, of the group `qos_hub.benches`: a
callable that takes a folder and gives a context manager of a `tests.real.bench.Bench`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from hub.intake.adapters import installed_adapters
from hub.intake.configured import find_mapping, shipped_folders
from hub.intake.mapping import FieldMapping
from hub.settings import SourceSettings
from tests.fakes.benches import FAKES
from tests.fakes.tmf_benches import Tmf656Bench
from tests.real.bench import Bench, ServedBench
from tests.real.benches import AlertmanagerBench, IcingaBench, RequestTrackerBench, RoundupBench
from tests.real.middleman import Middleman
from tests.real.redmine_bench import RunningRedmineBench
from tests.real.zabbix_bench import ZabbixBench

GROUP = "qos_hub.benches"


def _writes(adapter: EntryPoint) -> bool:
    return hasattr(get_type_hints(adapter.load()).get("return"), "write")


WRITERS = sorted(name for name, adapter in installed_adapters().items() if _writes(adapter))
"""Adapters that write into tickets, as the type says of what their `make` gives."""

LOCAL = frozenset({"files", "sql"})
"""Adapters that ask no server over HTTP."""

FACTS = frozenset({"read_in_pages"})
"""What a bench says in `cannot` of its system, and has no member for."""

PEERS = frozenset({"tmf621", "tmf642", "tmf656"})

INSTALLED: Mapping[str, Callable[[pytest.FixtureRequest, Path], Bench]] = {
    "redmine": lambda request, folder: RunningRedmineBench(request.getfixturevalue("redmine"), folder),
    "zabbix": lambda request, folder: ZabbixBench(request.getfixturevalue("zabbix"), folder / "password"),
}
"""Benches of systems that `make test-real` installs. Each has a fake, too, which tells what version it `imitates`."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An adapter, and whether it is tried on the system that `make test-real` installs."""

    adapter: str
    installed: bool = False


def all_tried(adapters: Iterable[str]) -> list[object]:
    """The parameters of a fixture that gives a bench."""
    names = sorted(adapters)
    every = [
        pytest.param(Tried(adapter=name), id=name, marks=[pytest.mark.peers] if name in PEERS else [])
        for name in names
    ]
    installed = [
        pytest.param(Tried(adapter=name, installed=True), id=f"{name}-installed", marks=pytest.mark.installs)
        for name in names
        if name in INSTALLED
    ]
    return [*every, *installed]


def bench_of(tried: Tried, request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[Bench]:
    if tried.installed:
        return nullcontext(INSTALLED[tried.adapter](request, folder))
    return _bench_of_every_run(tried.adapter, request, folder)


def _bench_of_every_run(name: str, request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[Bench]:
    password = folder / "password"
    match name:
        case "roundup":
            return nullcontext(RoundupBench(request.getfixturevalue("roundup"), password))
        case "alertmanager":
            return nullcontext(AlertmanagerBench(request.getfixturevalue("new_alertmanager")()))
        case "request_tracker":
            return nullcontext(RequestTrackerBench(request.getfixturevalue("request_tracker"), password))
        case "icinga":
            return nullcontext(IcingaBench(request.getfixturevalue("icinga"), password))
        case "tmf656":
            return nullcontext(Tmf656Bench(request.getfixturevalue("peer_hub")))
        case _ if name in FAKES:
            return FAKES[name](folder)
        case _:
            return _offered(name, folder)


def middleman_of(bench: ServedBench) -> Middleman:
    """Somebody between the adapter and its system."""
    own: Middleman = getattr(bench, "middleman", lambda: Middleman(bench.url))()
    return own


def able(bench: Bench, what: str) -> Any:
    """What a bench has of this name, True where it is no more than a fact.

    Where its system cannot, the bench says in `cannot` why: the test is skipped as not applicable, with the reason.
    A bench that has neither fails it.
    """
    cannot: Mapping[str, str] = getattr(bench, "cannot", {})
    if (why := cannot.get(what)) is not None:
        pytest.skip(f"not applicable: {bench.system}: {what}: {why}")
    if what in FACTS:
        return True
    if not hasattr(bench, what):
        pytest.fail(
            f"the bench of {bench.system!r} has no {what!r}, and does not say in `cannot` why", pytrace=False
        )
    return getattr(bench, what)


def mapping_of(bench: Bench) -> FieldMapping:
    """The mapping as the hub finds it."""
    settings = SourceSettings(name=bench.system, adapter=bench.system)
    return find_mapping(bench.system, settings, shipped_folders())


def _offered(name: str, folder: Path) -> AbstractContextManager[Bench]:
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        pytest.fail(f"the adapter {name!r} is installed, and there is no bench to try it on", pytrace=False)
    bench: AbstractContextManager[Bench] = offered[name].load()(folder)
    return bench
