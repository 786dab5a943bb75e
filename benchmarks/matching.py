"""How long it takes to find, of many registrations, those that an event is for: the index against trying each."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import click

from benchmarks.contract import CONTRACT
from benchmarks.reports import fill, report
from benchmarks.rows import CREATED
from benchmarks.sender import settings_of
from benchmarks.table import Table
from hub.api.attributes import attributes_of
from hub.delivery.listeners import Listeners, make_listener, read_listeners
from hub.delivery.turn import TurnWork, take_turn
from hub.model.times import system_clock, to_micros
from hub.query.attributes import Attributes
from hub.query.hub_query import HubQuery, parse_hub_query
from hub.query.matching.matcher import Matcher
from hub.query.ownership import IN_EVENT, concerning
from hub.query.predicate import predicate
from hub.query.syntax import Condition
from hub.store.sqlite import Store
from hub.subscriptions.secrets import SecretBox, load_key

GOAL_US = 1000.0
FAN_OUT_GOAL = 1.0
SEED = 20260301
STATUSES = ("acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved")
TYPES = ("ServiceProblemCreateEvent", "ServiceProblemStateChangeEvent", "ServiceProblemAttributeValueChangeEvent")
EVERY_TYPE = frozenset(TYPES)
PREFIX = "event.serviceProblem"
PARTY_PATHS = [f"{name}.partyOrPartyRole.id" for name in ("relatedParty", "originatorParty", "responsibleParty")]

Query = Callable[[random.Random, int], str]
Wanted = tuple[frozenset[str], Condition | None]


def per_customer(rng: random.Random, number: int) -> str:
    kind = f"eventType={rng.choice(TYPES)}&" if number % 2 else ""
    return f"{kind}{PREFIX}.relatedParty.partyOrPartyRole.id=customer-{number}"


def statuses(rng: random.Random, number: int) -> str:
    chosen = ",".join(rng.sample(STATUSES, 3))
    return f"{PREFIX}.status={chosen}&{PREFIX}.affectedService.id=svc-{number % 2000}"


def priorities(rng: random.Random, number: int) -> str:
    low = rng.randrange(10)
    return f"{PREFIX}.priority.gte={low}&{PREFIX}.priority.lte={low + 1}&{PREFIX}.category=category-{number % 50}"


def patterns(rng: random.Random, number: int) -> str:
    return f"{PREFIX}.description.regex=ring {number}\\b&{PREFIX}.category=category-{number % 50}"


def any_pattern(rng: random.Random, number: int) -> str:
    return f"{PREFIX}.description.regex=(?i)ring {number}$"


def of_one_element(rng: random.Random, number: int) -> str:
    name, value = number % 20, number // 20
    return f"$.{PREFIX}.characteristic[?(@.name=='name-{name}' && @.value=='value-{value}')]"


def either(rng: random.Random, number: int) -> str:
    return f"{PREFIX}.affectedService.id=svc-{number};{PREFIX}.affectedResource.id=port-{number}"


def everything(rng: random.Random, number: int) -> str:
    return ""


def all_limits_differ(rng: random.Random, number: int) -> str:
    """Half of the limits hold on each side, but hardly ever both of one registration."""
    low = rng.random() * 1000
    return f"{PREFIX}.affectedNumberOfServices.gt={low:.6f}&{PREFIX}.affectedNumberOfServices.lt={low + 1:.6f}"


def all_paths_differ(rng: random.Random, number: int) -> str:
    return f"{PREFIX}.characteristic.value.attribute{number}=x"


MIXES: dict[str, Sequence[Query]] = {
    "one customer each": (per_customer,),
    "status sets of a service": (statuses,),
    "priority ranges of a category": (priorities,),
    "patterns of a category": (patterns,),
    "patterns alone": (any_pattern,),
    "name and value of one element": (of_one_element,),
    "either a service or a resource": (either,),
    "all limits differ": (all_limits_differ,),
    "all paths differ": (all_paths_differ,),
    "mixed": (
        per_customer,
        statuses,
        priorities,
        patterns,
        of_one_element,
        either,
        all_limits_differ,
        per_customer,
    ),
    "no condition": (everything,),
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """Times are microseconds an event, the best of the repeats; `built_ms` is for all registrations together."""

    mix: str
    registrations: int
    found: float
    index_us: float
    each_us: float
    built_ms: float
    added_us: float

    @property
    def ratio(self) -> float:
        return self.each_us / self.index_us


def parsed(mix: Sequence[Query], count: int) -> list[Wanted]:
    rng, attributes = random.Random(SEED), attributes_of(CONTRACT, "ServiceProblem")
    texts = [mix[number % len(mix)](rng, number) for number in range(count)]
    return [_wanted(parse_hub_query(text, attributes=attributes)) for text in texts]


def _wanted(query: HubQuery) -> Wanted:
    return query.event_types or EVERY_TYPE, query.condition


def of_parties(count: int) -> list[Wanted]:
    return [
        (EVERY_TYPE, concerning(f"customer-{number}", PARTY_PATHS, inside=IN_EVENT)) for number in range(count)
    ]


def events(count: int) -> list[dict[str, Any]]:
    rng = random.Random(SEED)
    return [_event(rng, number) for number in range(count)]


def _event(rng: random.Random, number: int) -> dict[str, Any]:
    customer = {"@type": "PartyRef", "id": f"customer-{rng.randrange(10_000)}"}
    changed = {
        "status": rng.choice(STATUSES),
        "priority": rng.randrange(11),
        "category": f"category-{rng.randrange(50)}",
        "affectedNumberOfServices": rng.randrange(1000),
        "affectedService": [{"@type": "ServiceRef", "id": f"svc-{rng.randrange(2000)}"} for _ in range(3)],
        "characteristic": [
            {"name": f"name-{rng.randrange(20)}", "value": f"value-{rng.randrange(500)}"} for _ in range(5)
        ],
        "relatedParty": [{"role": "customer", "partyOrPartyRole": customer}],
    }
    return {"eventType": CREATED, "event": {"serviceProblem": report(number) | changed}}


def matched(wanted: Sequence[Wanted], documents: Sequence[dict[str, Any]]) -> Iterator[Any]:
    """What a measurement asks of both ways: first how many are found, then the times."""
    matcher = Matcher()
    begin = perf_counter()
    for key, (types, condition) in enumerate(wanted):
        matcher.add(key, types, condition)
    yield perf_counter() - begin
    tests = [(key, types, predicate(condition)) for key, (types, condition) in enumerate(wanted)]

    def by_index(document: dict[str, Any]) -> Sequence[int]:
        return matcher.matching(CREATED, lambda: document)

    def by_each(document: dict[str, Any]) -> Sequence[int]:
        return [key for key, types, test in tests if CREATED in types and test(document)]

    for document in documents:
        if [*by_index(document)] != by_each(document):
            raise SystemExit("the index and trying each condition disagree")
    yield sum(len(by_index(document)) for document in documents) / len(documents)
    yield _seconds(by_index, documents)
    yield _seconds(by_each, documents[:3])
    begin = perf_counter()
    for key, (types, condition) in enumerate(wanted[:200]):
        matcher.remove(key)
        matcher.add(key, types, condition)
        by_index(documents[key % len(documents)])
    yield (perf_counter() - begin) / len(wanted[:200])


def _seconds(way: Callable[[dict[str, Any]], Sequence[int]], documents: Sequence[dict[str, Any]]) -> float:
    begin = perf_counter()
    for document in documents:
        way(document)
    return (perf_counter() - begin) / len(documents)


def measured(mix: str, wanted: Sequence[Wanted], documents: Sequence[dict[str, Any]], repeats: int) -> Result:
    runs = [list(matched(wanted, documents)) for _ in range(repeats)]
    built, found, index, each, added = (min(values) for values in zip(*runs, strict=True))
    return Result(
        mix=mix,
        registrations=len(wanted),
        found=found,
        index_us=index * 1e6,
        each_us=each * 1e6,
        built_ms=built * 1e3,
        added_us=max(added - index, 0.0) * 1e6,
    )


def fan_out_seconds(count: int) -> float:
    """The turn that gives one event to so many listeners, on disk."""
    with TemporaryDirectory() as folder:
        settings = settings_of(Path(folder) / "hub.db")
        callbacks = [f"http://127.0.0.1:9/{number}" for number in range(count)]
        fill(settings, reports=1, callbacks=callbacks)
        store = Store(Path(settings.store.database))
        listeners = Listeners()
        making = partial(
            make_listener,
            parse_query=lambda _, text: parse_hub_query(text, attributes=Attributes.named()),
            secrets=SecretBox(load_key(settings.key_file)),
            party_paths=(),
        )
        read_listeners(listeners, store.read.subscriptions, making)
        now = to_micros(system_clock())
        work = TurnWork(
            now=now,
            token="benchmark",
            lease=0,
            patience=0,
            listeners=listeners,
            fan_out=True,
            room=OneEach(),
        )
        begin = perf_counter()
        store.write(partial(take_turn, work=work))
        seconds = perf_counter() - begin
        if store.read.delivery_list.count({}) != count:
            raise SystemExit("not every listener was given the event")
        store.close()
        return seconds


class OneEach:
    """Room for one delivery of each listener, for as many as the settings let be in flight."""

    left = 512

    def of(self, subscription: int) -> int:
        return 1

    def took(self, subscription: int, count: int) -> None:
        self.left -= count


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
@click.option("--quick", is_flag=True, help="One small repeat, to see that everything works.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--registrations", default=10_000, show_default=True)
def main(as_json: bool, quick: bool, repeats: int, registrations: int) -> None:
    if quick:
        repeats, registrations = 1, 500
    documents = events(10 if quick else 40)
    mixes = {mix: parsed(queries, registrations) for mix, queries in MIXES.items()}
    mixes["parties told of their own"] = of_parties(registrations)
    fan_out = min(fan_out_seconds(registrations) for _ in range(repeats))
    results = [measured(mix, wanted, documents, repeats) for mix, wanted in mixes.items()]
    if as_json:
        print(json.dumps({"matching": [asdict(result) for result in results], "fan_out_s": fan_out}))
        return
    table = Table("registrations", "found", "index", "trying each", "ratio", "built", "one more", left=1)
    for one in results:
        table.row(
            one.mix,
            f"{one.found:.1f}",
            f"{one.index_us:,.0f} µs",
            f"{one.each_us:,.0f} µs",
            f"{one.ratio:,.{0 if one.ratio > 10 else 1}f} x",
            f"{one.built_ms:.0f} ms",
            f"{one.added_us:.0f} µs",
        )
    print(f"{registrations:,} registrations, one event; the goal is {GOAL_US:,.0f} µs where few are found\n")
    print(table.text())
    print(f"\none event to all {registrations:,}: {fan_out:.2f} s to write and begin (goal {FAN_OUT_GOAL:.0f} s)")


if __name__ == "__main__":
    main()
