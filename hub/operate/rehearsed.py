"""Prints what a poll would do: as many steps as are wanted, and the count of all."""

from collections import Counter
from collections.abc import Iterator

import click

from hub.intake.rehearsal import Step
from hub.operate.printing import as_json
from hub.ports import SourceError


def print_steps(steps: Iterator[Step], *, limit: int | None, as_text: bool) -> None:
    """At most `limit` steps, None being all. Raises SourceError, behind what was found before it."""
    shown: list[Step] = []
    counts: Counter[str] = Counter()
    failure: SourceError | None = None
    try:
        for step in steps:
            counts[step.what] += 1
            if limit is None or len(shown) < limit:
                shown.append(step)
    except SourceError as error:
        failure = error
    more = counts.total() - len(shown)
    if as_text:
        click.echo(as_json({"count": dict(counts), "more": more, "step": [vars(step) for step in shown]}))
    else:
        for line in (*map(_told, shown), *_summed(counts, more, is_whole=failure is None)):
            click.echo(line)
    if failure is not None:
        raise failure


def _told(step: Step) -> str:
    parts = [f"ticket {step.key}:", step.what]
    parts += [f"at {step.at}"] if step.at else []
    parts += [step.status] if step.status else []
    parts += [repr(step.name)] if step.name else []
    parts += [", ".join(step.changes)] if step.changes else []
    parts += [step.why] if step.why else []
    parts += ["(told)" if step.told else "(not told)"] if step.at else []
    return " ".join(parts)


def _summed(counts: Counter[str], more: int, *, is_whole: bool) -> Iterator[str]:
    if counts:
        every = ", ".join(f"{count} {what}" for what, count in counts.items())
        yield f"in all: {every}" + (f"; {more} more are not shown (--all)" if more else "")
    elif is_whole:
        yield "nothing would change"
