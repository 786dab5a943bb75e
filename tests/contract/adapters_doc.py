"""The table of `docs/adapters.md`: on what each adapter was tried, as the benches of the conformance suite say."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.real.bench import Bench

ROW = re.compile(r"^\| \[`(?P<adapter>\w+)`\].*$", re.MULTILINE)
NOT_LIVE = "**not verified live**: a fake that keeps to the public documents"


def row_of(bench: Bench, readme: Path, *, installs: bool) -> str:
    """The row of an adapter; its README names the system in its title.

    A bench tells the `version` of what really runs, or what it was `tried` on where that has no version. A system that
    `make test-real` installs has one row for both its benches: the fake tells which version it `imitates`.
    """
    version: Callable[[], str] | None = getattr(bench, "version", None)
    title = readme.read_text("utf-8").splitlines()[0].removeprefix("# ")
    real = getattr(bench, "tried", "") if version is None else _upstream(version())
    if installs:
        known = real or getattr(bench, "imitates", "")
        tried = f"{known}, in `make test-real`; a fake on every `make test`"
    else:
        tried = f"{real}, on every `make test`" if real else NOT_LIVE
    return f"| [`{bench.system}`](../adapters/{bench.system}/README.md) | {title} | {tried} |"


def rows(text: str) -> dict[str, str]:
    """{adapter: its row}."""
    return {found["adapter"]: found[0] for found in ROW.finditer(text)}


def write(doc: Path, adapter: str, row: str) -> None:
    """Put a row into its place in the table, which is sorted by adapter."""
    text = doc.read_text("utf-8")
    known = rows(text)
    lines = [line for line in text.splitlines() if not ROW.match(line)]
    table = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    made = [line for _, line in sorted((known | {adapter: row}).items())]
    doc.write_text("\n".join([*lines[: table + 1], *made, *lines[table + 1 :]]) + "\n", "utf-8")


def _upstream(version: str) -> str:
    """The version without what a distribution or a program puts around it: a security update is no other program."""
    found = re.search(r"\d+(\.\d+)*", version)
    return found[0] if found else version
