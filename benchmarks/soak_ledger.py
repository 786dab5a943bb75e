"""The ledger of a soak: whether every accepted change reached all who wanted it, in order, and nothing else did.

Pure functions over the books. No difference means that the hub kept its promises in this run.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.soak_nouns import Account, Books, Change, Place, Request

HISTORY = "history"
SLACK = 2.0
"""Seconds by which a listener may see a request later than the end of the process that sent it."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`fault` is one word: lost, invented, twice, altered, forged, swapped, unsettled, untold or unaccounted."""

    fault: str
    where: str
    place: Place
    detail: str

    def __str__(self) -> str:
        report, sequence = self.place
        return f"{self.fault}: {self.where}, event {sequence} of report {report}: {self.detail}"


def differences(books: Books) -> list[Difference]:
    """Everything that is not as promised, in the order of the books."""
    found = list(_in_history(books))
    lines = {record.event: number for number, record in enumerate(books.records)}
    for account in books.accounts:
        wanted = {change.place: change for change in books.accepted if account.audience.wants(change)}
        found += _in_deliveries(account, wanted)
        found += _in_requests(account, wanted)
        found += _in_order(account, lines)
        found += _unaccounted(account, books.ends)
    return found


def duplicates(account: Account) -> int:
    """How often the listener took what it had already."""
    kept = [request.event for request in account.requests if request.kept]
    return len(kept) - len(set(kept))


def lags(account: Account, accepted: Iterable[Change]) -> list[float]:
    """Seconds from each answer to the moment at which the listener took the event, where it did."""
    first: dict[Place, float] = {}
    for request in account.requests:
        if request.kept:
            first.setdefault(request.place, request.time)
    return [first[change.place] - change.time for change in accepted if change.place in first]


def _in_history(books: Books) -> Iterator[Difference]:
    accepted = {change.place: change.kind for change in books.accepted}
    recorded = {record.place: record.kind for record in books.records}
    yield from _compared(HISTORY, accepted, recorded, lost="was accepted and is not on record")
    yield from _repeated(HISTORY, [record.place for record in books.records])
    for place, kind in accepted.items():
        if recorded.get(place, kind) != kind:
            yield Difference(fault="altered", where=HISTORY, place=place, detail=f"{recorded[place]}, not {kind}")


def _in_deliveries(account: Account, wanted: dict[Place, Change]) -> Iterator[Difference]:
    name = f"deliveries to {account.audience.name}"
    made = {delivery.place: delivery for delivery in account.deliveries}
    yield from _compared(name, wanted, made, lost="is wanted and has no delivery")
    yield from _repeated(name, [delivery.place for delivery in account.deliveries])
    kept = {request.event for request in account.requests if request.kept}
    for delivery in account.deliveries:
        if delivery.state != "delivered":
            detail = f"is {delivery.state} after {delivery.attempts} attempts"
            yield Difference(fault="unsettled", where=name, place=delivery.place, detail=detail)
        elif delivery.event not in kept:
            detail = "is on record as delivered, and the listener does not have it"
            yield Difference(fault="untold", where=name, place=delivery.place, detail=detail)


def _in_requests(account: Account, wanted: dict[Place, Change]) -> Iterator[Difference]:
    name = account.audience.name
    kept = {request.place for request in account.requests if request.kept}
    yield from _compared(name, wanted, wanted.keys() & kept, lost="was accepted and did not arrive")
    first: dict[Place, Request] = {}
    for request in account.requests:
        if not request.signed:
            yield Difference(fault="forged", where=name, place=request.place, detail="has no good signature")
        if request.place not in wanted:
            yield Difference(fault="invented", where=name, place=request.place, detail=f"a {request.kind}")
            continue
        wrong = _altered(request, wanted[request.place], first.setdefault(request.place, request))
        if wrong:
            yield Difference(fault="altered", where=name, place=request.place, detail=wrong)


def _altered(request: Request, change: Change, first: Request) -> str | None:
    """What differs from the change that was accepted, or from the first time that it came."""
    if (request.kind, request.content) != (change.kind, change.content):
        return f"{request.kind} with {request.content!r}, not {change.kind} with {change.content!r}"
    if request.event != first.event:
        return f"came as {request.event} and as {first.event}"
    return "came with two bodies" if request.digest != first.digest else None


def _in_order(account: Account, lines: dict[str, int]) -> Iterator[Difference]:
    """One that comes after a later one of its line. A line is a report, or the whole listener, or there is none."""
    line_of, number_of = _lines(account.audience.order, lines)
    latest: dict[str, int] = {}
    for request in account.requests:
        line, number = line_of(request), number_of(request)
        if number < latest.get(line, number):
            detail = f"came after number {latest[line]} of its line, itself number {number}"
            yield Difference(fault="swapped", where=account.audience.name, place=request.place, detail=detail)
        latest[line] = max(number, latest.get(line, number))


def _lines(order: str, lines: dict[str, int]) -> tuple[Callable[[Request], str], Callable[[Request], int]]:
    match order:
        case "report":
            return lambda request: request.report, lambda request: request.sequence
        case "subscription":
            return lambda request: "", lambda request: lines.get(request.event, -1)
        case _:
            return lambda request: request.event, lambda request: 0


def _unaccounted(account: Account, ends: list[float]) -> Iterator[Difference]:
    """Sent more often than the hub has attempts on record, broken connections, and ends of a process on the way."""
    seen = defaultdict(list)
    for request in account.requests:
        seen[request.event].append(request)
    for delivery in account.deliveries:
        requests = seen[delivery.event]
        if len(requests) <= delivery.attempts + sum(request.cut for request in requests):
            continue
        begin, end = requests[0].time - SLACK, requests[-1].time
        explained = delivery.attempts + sum(request.cut for request in requests)
        explained += sum(begin <= time <= end for time in ends)
        if len(requests) > explained:
            detail = f"came {len(requests)} times, {explained} of them explained"
            name = account.audience.name
            yield Difference(fault="unaccounted", where=name, place=delivery.place, detail=detail)


def _compared(where: str, wanted: Iterable[Place], found: Iterable[Place], *, lost: str) -> Iterator[Difference]:
    wanted, found = dict.fromkeys(wanted), dict.fromkeys(found)
    for place in wanted:
        if place not in found:
            yield Difference(fault="lost", where=where, place=place, detail=lost)
    for place in found:
        if place not in wanted:
            yield Difference(fault="invented", where=where, place=place, detail="nobody asked for it")


def _repeated(where: str, places: Iterable[Place]) -> Iterator[Difference]:
    for place, number in Counter(places).items():
        if number > 1:
            yield Difference(fault="twice", where=where, place=place, detail=f"is there {number} times")
