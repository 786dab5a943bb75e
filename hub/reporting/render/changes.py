"""What a restated report tells of the one before: which figures are others now, and which late records made them so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hub.reporting.figures import Figure, Key, Number
from hub.reporting.render.attributes import attributes
from hub.reporting.render.document import Cell, Change, Restated, Shown, Table
from hub.reporting.render.numbers import amount, decimals_of, moment, number
from hub.reporting.render.showing import Showing, visible
from hub.reporting.render.words import Words
from hub.reporting.restatement import Changed, Restatement


def restated(one: Restatement, report: str, showing: Showing, metrics: Sequence[str]) -> Restated:
    """`showing` is that of the later account, and withholds what either account, or their difference, would tell."""
    words, audience = showing.words, showing.audience
    recorded = moment(one.before.recorded, one.before.zone)
    changes = tuple(_changes(one, showing, metrics))
    summary = words(
        "{changes} figures are others than in the report that was recorded until {recorded}; {late} records came late.",
        changes=len(changes),
        recorded=recorded,
        late=_count(len(one.late), audience.smallest, words),
    )
    late = _late(one, _told(one, showing), words) if audience.rows else None
    return Restated(report=report, recorded=recorded, summary=summary, changes=changes, late=late)


def _count(count: int, smallest: int, words: Words) -> str:
    return words("fewer than {smallest}", smallest=smallest) if 0 < count < smallest else str(count)


def _changes(one: Restatement, showing: Showing, metrics: Sequence[str]) -> Iterator[Change]:
    """Those that are seen and of which a number is another one; of what was and is withheld nothing is told."""
    olds = _shown(one.before.figures, showing, metrics)
    news = _shown(one.after.figures, showing, metrics)
    numbers = {late.record_id: number for number, late in enumerate(one.late, start=1)}
    told = _told(one, showing)
    for changed in (each for each in one.changed if each.key not in showing.withheld):
        old, new = olds.get(changed.key), news.get(changed.key)
        shown, before, after = new or old, _cell(old), _cell(new)
        amounts = _amounts(old, new, showing.words)
        if shown is not None and (before != after or amounts):
            made = _change(one, changed, shown, before, after, numbers if showing.audience.rows else {})
            made = replace(made, amounts=amounts)
            edited = dict.fromkeys(told[number - 1] for number in made.late)
            yield replace(made, attributes="; ".join(filter(None, edited)))


def _told(one: Restatement, showing: Showing) -> list[str]:
    """What each of the late records changed of its report."""
    return [attributes(one.edits.get(late.record_id), showing, one.before.zone) for late in one.late]


def _shown(figures: Sequence[Figure], showing: Showing, metrics: Sequence[str]) -> Mapping[Key, Shown]:
    return {figure.key: showing.shown(figure) for figure in visible(figures, showing.audience, metrics)}


def _cell(one: Shown | None) -> Cell:
    if one is None:
        return ""
    return one.text if one.value is None else one.value


def _amounts(old: Shown | None, new: Shown | None, words: Words) -> str:
    """What has changed of the numbers beside the value, old → new; "" of a figure that one of the reports has not."""
    if old is None or new is None:
        return ""
    pairs = {
        "n": (_amount(old.n, old, words), _amount(new.n, new, words)),
        "numerator": (_amount(old.numerator, old, words), _amount(new.numerator, new, words)),
        "denominator": (_amount(old.denominator, old, words), _amount(new.denominator, new, words)),
        "95 % interval": (_interval(old, words), _interval(new, words)),
    }
    return "; ".join(f"{words(name)} {one} → {other}" for name, (one, other) in pairs.items() if one != other)


def _amount(value: Number | None, one: Shown, words: Words) -> str:
    return "–" if value is None else amount(value, decimals_of(one.metric, one.unit), words.language)


def _interval(one: Shown, words: Words) -> str:
    return "–".join(number(bound, 1, words.language) for bound in (one.low, one.high) if bound is not None) or "–"


def _change(
    one: Restatement, changed: Changed, shown: Shown, before: Cell, after: Cell, numbers: Mapping[str, int]
) -> Change:
    return Change(
        metric=shown.metric,
        label=shown.label,
        part=shown.part,
        dimension=shown.dimension,
        group=shown.group,
        unit=shown.unit,
        before=before,
        after=after,
        rows=changed.rows if numbers else (),
        late=tuple(numbers[late.record_id] for late in one.why(changed) if late.record_id in numbers),
    )


def _late(one: Restatement, told: Sequence[str], words: Words) -> Table:
    columns, zone = ("id", "Event", "happened", "recorded", "state", "Attributes"), one.before.zone
    return Table(
        title=words("Late records"),
        columns=tuple(words(name) for name in columns),
        rows=tuple(
            (
                late.problem_id,
                late.event_type,
                moment(late.event_time, zone),
                moment(late.record_time, zone),
                words(late.to_status or ""),
                edited,
            )
            for late, edited in zip(one.late, told, strict=True)
        ),
        note="" if one.late else words("none"),
    )


def changes_table(one: Restated, words: Words) -> Table:
    """The changes, one a row."""
    columns = (
        "Metric",
        "Figure",
        "Unit",
        "before",
        "now",
        "Amounts",
        "because of the late records",
        "of the reports",
    )
    return Table(
        title=words("What has changed"),
        columns=tuple(words(name) for name in columns),
        rows=tuple(
            (
                words.metric(each.metric),
                each.label,
                words.unit(each.unit),
                each.before,
                each.after,
                each.amounts,
                _reason(each, one, words),
                ", ".join(each.rows),
            )
            for each in one.changes
        ),
        note=one.summary,
        printed=(0, 1, 2, 3, 4, 5, 6),
    )


def _reason(each: Change, one: Restated, words: Words) -> str:
    """The numbers of the late records; in words where no report tells of it."""
    if one.late is not None and not each.late and not each.rows:
        return words("with what it is held against")
    return ", ".join(map(str, each.late))
