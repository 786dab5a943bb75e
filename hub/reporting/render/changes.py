"""What a restated report tells of the one before: which figures are others now, and which late records made them so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hub.reporting.figures import Figure
from hub.reporting.render.attributes import attributes
from hub.reporting.render.document import Cell, Change, Restated, Shown, Table
from hub.reporting.render.numbers import moment
from hub.reporting.render.showing import Showing, visible
from hub.reporting.render.withholding import Key
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
    """Those that are seen and whose value is another one; of what was and is withheld nothing is told."""
    olds = _shown(one.before.figures, showing, metrics)
    news = _shown(one.after.figures, showing, metrics)
    numbers = {late.record_id: number for number, late in enumerate(one.late, start=1)}
    told = _told(one, showing)
    for changed in (each for each in one.changed if each.key not in showing.withheld):
        old, new = olds.get(changed.key), news.get(changed.key)
        shown, before, after = new or old, _cell(old), _cell(new)
        if shown is not None and before != after:
            made = _change(one, changed, shown, before, after, numbers if showing.audience.rows else {})
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
    columns = ("Metric", "Figure", "Unit", "before", "now", "because of the late records", "of the reports")
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
                ", ".join(map(str, each.late)),
                ", ".join(each.rows),
            )
            for each in one.changes
        ),
        note=one.summary,
        printed=(0, 1, 2, 3, 4, 5),
    )
