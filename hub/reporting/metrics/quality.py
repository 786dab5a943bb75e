"""How good the history is that all this is made of."""

from collections.abc import Iterator

from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.timelines import NOT_OBSERVED
from hub.reporting.views import View, ids

DATA_QUALITY = Definition(
    id="dataQuality",
    name="Quality of the data",
    meaning="In how many reports something is doubtful.",
    formula="reports with a step that the lifecycle does not have; with steps recorded after later ones; whose begin "
    "was not observed",
    source="ISO/IEC 20000-1, 9.4 (data source)",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.COUNT,
    numerator="reports with the doubt",
    denominator="reports that were open in the period",
)


def data_quality(view: View) -> Iterator[Figure]:
    cases = view.in_period
    found = {
        "irregularStep": [case for case in cases if case.timeline.irregular],
        "outOfOrder": [case for case in cases if case.timeline.disordered],
        "notObserved": [case for case in cases if case.timeline.states[0] == NOT_OBSERVED],
    }
    for name, doubtful in found.items():
        yield view.figure(
            DATA_QUALITY,
            len(doubtful),
            len(cases),
            part=name,
            numerator=len(doubtful),
            denominator=len(cases),
            rows=ids(doubtful),
        )
