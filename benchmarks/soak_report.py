"""The figures of a soak, as one JSON object and as a table."""

from typing import Any

from benchmarks.measure import percentile
from benchmarks.soak_audiences import AUDIENCES, LEAVING, PAUSED
from benchmarks.soak_faults import GONE, KINDS, WELL
from benchmarks.soak_ledger import duplicates, lags
from benchmarks.soak_nouns import Account, Books, Change
from benchmarks.soak_run import Soaked
from benchmarks.table import Table

AWAY = (AUDIENCES[PAUSED].name, AUDIENCES[LEAVING].name)


def figures(soaked: Soaked) -> dict[str, Any]:
    """Lags are in seconds from the answer to the listener, with those that were paused or gone apart; memory in MB."""
    books = soaked.books
    waits = {account.audience.name: lags(account, _wanted(account, books)) for account in books.accounts}
    steady = [lag for name, found in waits.items() if name not in AWAY for lag in found]
    memory = soaked.memory
    return {
        "accepted": len(books.accepted),
        "events": len(books.records),
        "deliveries": sum(len(account.deliveries) for account in books.accounts),
        "attempts": sum(delivery.attempts for account in books.accounts for delivery in account.deliveries),
        "requests": sum(len(account.requests) for account in books.accounts),
        "duplicates": sum(duplicates(account) for account in books.accounts),
        "repeated": soaked.repeated,
        "given_again": soaked.given_again,
        "trouble": dict(soaked.trouble),
        "faults": {kind: soaked.faults[kind] for kind in (*KINDS, GONE)},
        "well": soaked.faults[WELL],
        "lag_p50": percentile(steady, 0.5) if steady else None,
        "lag_longest": max(steady, default=None),
        "lag_longest_away": max((lag for name in AWAY for lag in waits[name]), default=None),
        "lag_longest_of_each": {name: max(found, default=None) for name, found in waits.items()},
        "drained": soaked.drained,
        "memory_first": memory.first,
        "memory_last": memory.last,
        "memory_most": memory.most,
    }


def _wanted(account: Account, books: Books) -> list[Change]:
    return [change for change in books.accepted if account.audience.wants(change)]


def table(soaked: Soaked) -> str:
    found = figures(soaked)
    rows = Table("what", "how many", left=1)
    rows.row("events that accepted changes deserve", f"{found['accepted']:,}")
    rows.row("events on record", f"{found['events']:,}")
    rows.row(f"deliveries to {len(soaked.books.accounts)} listeners", f"{found['deliveries']:,}")
    rows.row("attempts on record", f"{found['attempts']:,}")
    rows.row("requests that arrived", f"{found['requests']:,}")
    rows.row("duplicates that a listener took", f"{found['duplicates']:,}")
    rows.row("requests of clients repeated with their key", f"{found['repeated']:,}")
    rows.row("of them answered from memory", f"{found['given_again']:,}")
    for what, number in sorted(found["trouble"].items()):
        rows.row(f"trouble: {what}", f"{number:,}")
    for kind, number in found["faults"].items():
        rows.row(f"fault: {kind}", f"{number:,}")
    rows.row("median lag, seconds", _shown(found["lag_p50"]))
    rows.row("longest lag, seconds", _shown(found["lag_longest"]))
    rows.row("longest lag of who was paused or gone", _shown(found["lag_longest_away"]))
    rows.row("seconds until all was told", _shown(found["drained"]))
    rows.row(f"MB of both hubs after {soaked.memory.first_at:.0f} s", _reading(found["memory_first"]))
    rows.row("MB of both hubs at the end", _reading(found["memory_last"]))
    rows.row("MB of both hubs at the most", f"{found['memory_most']:.0f}")
    return rows.text()


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _reading(reading: tuple[float, float] | None) -> str:
    return "-" if reading is None else f"{reading[0]:.0f} (up for {reading[1]:.0f} s)"
