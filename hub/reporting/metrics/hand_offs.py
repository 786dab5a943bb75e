"""How often a report changed hands before it was restored, and came back to hands that had had it."""

from collections.abc import Iterator

from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure, ratio
from hub.reporting.metrics.shares import share
from hub.reporting.views import View, split

HAND_OFFS = Definition(
    id="handOffs",
    name="Hand-offs",
    meaning="How often the responsible party of a report changed.",
    formula="changes of responsibleParty / restored reports",
    source="TMF656 responsibleParty",
    cohort=Cohort.RESTORED,
    unit=Unit.RATIO,
    numerator="changes of the responsible party",
    denominator="restored reports",
    policy="The first party is no change; reports that name none have none.",
)
PING_PONG = Definition(
    id="pingPong",
    name="Ping-pong",
    meaning="The share of restored reports that came back to a party that had had them before.",
    formula="100 · reports whose responsible parties have one twice / restored reports",
    source="TMF656 responsibleParty",
    cohort=Cohort.RESTORED,
    unit=Unit.PERCENT,
    numerator="reports that came back",
    denominator="restored reports",
)


def hand_offs(view: View) -> Iterator[Figure]:
    parties = [case.timeline.parties for case in view.restored]
    counts = [len(those) - 1 if those else 0 for those in parties]
    yield view.figure(
        HAND_OFFS,
        ratio(sum(counts), len(counts)),
        len(counts),
        numerator=sum(counts),
        denominator=len(counts),
        rows=view.restored_ids,
        details={"most": max(counts, default=0), "without": counts.count(0)},
    )
    came_back = [len(those) > 1 and len(set(those)) < len(those) for those in parties]
    back, others = split(view.restored, came_back)
    yield share(view, PING_PONG, back, others)
