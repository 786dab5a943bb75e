"""The pictures of a report: for everybody, with the numbers behind them, and nothing that an audience may not see."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import pytest
from pypdf import PdfReader

from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.audiences.definition import Format
from hub.reporting.figures import SECOND
from hub.reporting.render import charts, drawing, heat, lanes, stacks
from hub.reporting.render.document import (
    Bar,
    Chart,
    HeatMap,
    Lanes,
    ManagementReport,
    Picture,
    Section,
    Stacks,
    Table,
)
from hub.reporting.render.formats import rendered
from hub.reporting.timelines import Timeline
from tests.unit.reporting.example import at
from tests.unit.reporting.test_renderers import ACME, ALL, SHIPPED, TIMELINES, document

SVG = "{http://www.w3.org/2000/svg}"
PICTURED = ["slaCompliance", "arrivals", "timeInState"]


@pytest.fixture(scope="module")
def whole() -> ManagementReport:
    return document(ALL, TIMELINES)


def section(report: ManagementReport, metric: str) -> Section:
    (found,) = [one for one in report.sections if one.metric == metric]
    return found


def picture(report: ManagementReport, metric: str) -> Picture:
    (found,) = section(report, metric).pictures
    return found


def drawn(one: Picture, name: str = "x") -> str:
    match one:
        case HeatMap():
            return heat.svg(one, name)
        case Stacks():
            return stacks.svg(one, name)
        case Lanes():
            return lanes.svg(one, name)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def many(hours: dict[str, int]) -> list[Timeline]:
    """So many open reports from each of these times."""
    return [
        TIMELINES[0]._replace(
            id=f"{when}-{number}",
            opened=at(when),
            acknowledged=None,
            begins=(at(when),),
            states=("acknowledged",),
        )
        for when, count in hours.items()
        for number in range(count)
    ]


@pytest.mark.parametrize("metric", PICTURED)
def test_a_picture_has_a_name_a_sentence_and_its_numbers(whole: ManagementReport, metric: str) -> None:
    one = picture(whole, metric)
    root = ElementTree.fromstring(drawn(one))
    assert root.attrib["role"] == "img"
    title, desc = root[0], root[1]
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert (title.text, desc.text) == (f"{one.title} ({one.unit})", one.summary)
    assert one.table.rows
    assert all(len(row) == len(one.table.columns) for row in one.table.rows)
    assert all(one.table.columns)


def test_a_heat_map_has_the_number_of_each_hour_in_it(whole: ManagementReport) -> None:
    one = picture(whole, "arrivals")
    assert isinstance(one, HeatMap)
    assert one.title == "Arrivals by weekday and hour (UTC)"
    assert one.summary == "at least one came in 5 of the 168 hours of the week"
    assert one.cells[0] == tuple(int(hour == 8) for hour in range(24))
    assert one.table.rows[0][:10] == ("Monday", 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert texts(drawn(one)).count("1") == 5
    assert section(whole, "arrivals").chart is None


def test_the_ground_of_a_cell_is_the_darker_the_more_there_is() -> None:
    cells = ((0, 1, 40, 100), (None, 20, 60, 80))
    table = Table(title="", columns=(), rows=())
    columns = ("a", "b", "c", "d")
    one = HeatMap(title="", unit="", summary="", rows=("x", "y"), columns=columns, cells=cells, table=table)
    grounds = re.findall(r'height="24\.0" fill="([^"]*)"', heat.svg(one, "h"))
    darkness = [ground for ground, _ in heat.GROUNDS]
    assert grounds[0] == "none"
    assert [darkness.index(grounds[at]) for at in (1, 5, 2, 6, 7, 3)] == [0, 0, 1, 2, 3, 4]
    assert grounds[4] == "url(#h-f0)"
    assert texts(heat.svg(one, "h")).count(heat.WITHHELD) == 1


def light(colour: str) -> float:
    """Its relative luminance (WCAG 2)."""
    whole = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(one * weight for one, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ground", "letters"), heat.GROUNDS)
def test_what_stands_in_a_cell_can_be_read(ground: str, letters: str) -> None:
    assert contrast(ground, letters) >= 4.5


@pytest.mark.parametrize("colour", [drawing.BLUE, drawing.ORANGE, drawing.GREEN])
@pytest.mark.parametrize("ground", ["#fff", "#121212"])
def test_lines_are_seen_on_a_light_ground_and_on_a_dark_one(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


def test_small_cells_are_withheld_and_never_one_alone() -> None:
    hidden = replace(ALL, rows=False, smallest=5, breakdowns=())
    one = picture(document(hidden, many({"02T08:00": 9, "03T10:00": 7, "04T11:00": 2})), "arrivals")
    assert isinstance(one, HeatMap)
    told = {(day, hour): cell for day, row in enumerate(one.cells) for hour, cell in enumerate(row)}
    assert {place: cell for place, cell in told.items() if cell is not None} == {(0, 8): 9}
    assert one.summary == "167 of the 168 hours of the week are withheld, with those in which nothing came"
    assert [row[11] for row in one.table.rows][:3] == ["withheld", "withheld", "withheld"]


def test_an_hour_in_which_few_came_looks_like_one_in_which_nothing_came() -> None:
    """In no form either: reports that differ in such hours alone tell the same of them."""
    hidden = replace(ALL, metrics=("arrivals",), rows=False, smallest=5, breakdowns=())
    made = [
        document(hidden, many({"02T08:00": 9, **small}))
        for small in ({"03T10:00": 3, "04T11:00": 3}, {"05T12:00": 3, "06T13:00": 3})
    ]
    first, second = [section(one, "arrivals") for one in made]
    assert first == second
    assert [one.part for one in first.figures] == ["all", "Monday: 08:00"]
    nothing = replace(hidden, smallest=20)
    assert section(document(nothing, many({"02T08:00": 9})), "arrivals").pictures == ()


def test_stacks_are_the_shares_of_the_time_of_all_and_of_each_severity(whole: ManagementReport) -> None:
    one = picture(whole, "timeInState")
    assert isinstance(one, Stacks)
    assert [label for label, _, _ in one.bars] == ["all", "severity 1", "severity 2"]
    assert one.bars[0][1] == "106.5 h"
    shares = dict(zip(one.parts, one.bars[0][2], strict=True))
    assert shares["inProgress"] == pytest.approx(100 * 89.3333 / 106.5, abs=0.01)
    assert shares["acknowledged, not taken up"] == pytest.approx(100 * 11.75 / 106.5, abs=0.01)
    assert all(sum(shares) == pytest.approx(100) for _, _, shares in one.bars)
    assert one.summary == "all: most of the time inProgress, 83.9 %"
    labels = texts(drawn(one))
    assert "84 %" in labels
    assert "held" not in labels, "what no bar has needs no legend"


def test_a_stack_of_which_a_part_is_withheld_is_not_drawn() -> None:
    """Of the six one alone waited for its customer, so that neither all nor its severity can be told whole."""
    hidden = replace(ALL, rows=False, smallest=2, breakdowns=("severity",))
    assert section(document(hidden, TIMELINES), "timeInState").pictures == ()


def test_lanes_show_states_clock_and_where_the_target_was_over(whole: ManagementReport) -> None:
    one = picture(whole, "slaCompliance")
    assert isinstance(one, Lanes)
    assert one.summary == "the first is id-R5: 67 h of 8 h"
    assert [lane.label.split("\n")[0] for lane in one.lanes] == ["id-R5", "id-R6", "id-R3", "id-R1", "id-R2"]
    assert one.lanes[0].due == pytest.approx(8 / 67)
    assert [lane.due is None for lane in one.lanes] == [False, False, False, True, True]
    row = dict(zip(one.table.columns, one.table.rows[4], strict=True))
    assert (row["id"], row["target, h"], row["clock runs, h"], row["clock is stopped, h"]) == ("id-R2", 4, 3, 3)
    assert (row["pending, h"], row["target over"]) == (3, None)
    assert one.table.rows[0][2] == "2026-03-27 22:00 +00:00"


@pytest.mark.parametrize(
    ("seconds", "times"),
    [
        (3, ["0 s", "1 s", "2 s", "3 s"]),
        (150, ["0 min", "1 min", "2 min"]),
        (7200, ["0 min", "15 min", "30 min", "45 min", "60 min", "75 min", "90 min", "105 min", "120 min"]),
        (7 * 86_400, ["0 d", "1 d", "2 d", "3 d", "4 d", "5 d", "6 d", "7 d"]),
    ],
)
def test_the_axis_of_time_has_a_unit_that_fits(seconds: int, times: list[str]) -> None:
    begin = at("02T08:00")
    short = TIMELINES[0]._replace(begins=(begin, begin + seconds * SECOND), states=("acknowledged", "resolved"))
    one = picture(document(ALL, [short]), "slaCompliance")
    assert isinstance(one, Lanes)
    assert [said for _, said in one.across] == times


def test_what_is_too_short_to_be_seen_makes_a_picture_no_larger() -> None:
    """A report that goes to and fro every minute, beside one that takes a month."""
    minute = 60_000_000
    begins = tuple(at("02T08:00") + minute * number for number in range(3000))
    restless = TIMELINES[0]._replace(begins=begins, states=("inProgress", "pending") * 1500)
    one = picture(document(ALL, [restless, *many({"01T00:00": 1})]), "slaCompliance")
    assert isinstance(one, Lanes)
    assert max(len(lane.states) + len(lane.clock) for lane in one.lanes) < 10
    assert len(drawn(one)) < 20_000


def test_a_ranked_chart_has_what_its_bars_make_together_and_where_most_is_reached(whole: ManagementReport) -> None:
    found = section(whole, "paretoCount")
    assert found.summary == "Pareto by reports: most in service: VPN-7, 40 %; by service the first 3 make 80 %."
    assert found.chart is not None
    assert [(bar.label, bar.cumulative) for bar in found.chart.bars] == [
        ("service: VPN-7", 40),
        ("service: LINE-3", 60),
        ("service: LINE-9", 80),
        ("service: VPN-8", 100),
    ]
    svg = charts.svg(found.chart, "x", "s")
    assert svg.count("<circle") == 4
    assert "Σ 80 %" in texts(svg)


def test_each_rank_has_a_line_of_its_own() -> None:
    sums = (50.0, 100.0, 100.0, 30.0, 60.0)
    bars = tuple(Bar(label="b", value=1, text="1", cumulative=one) for one in sums)
    svg = charts.svg(Chart(title="t", unit="%", bars=bars, most=100), "x", "s")
    assert len(re.findall(r'd="M[\d. L]+" stroke="#b34700"', svg)) == 3


def test_where_small_figures_are_withheld_no_sum_tells_of_them() -> None:
    made = document(replace(ALL, rows=False, smallest=2, breakdowns=()), [*TIMELINES, *many({"02T08:00": 9})])
    assert {one.cumulative for each in made.sections for one in each.figures} == {None}
    told = rendered(made, Format.CSV).decode()
    assert [one for one in ("so far", "vital few") if one in told] == []


@pytest.mark.parametrize("audience", [replace(ALL, rows=False), replace(ALL, rows=False, smallest=2)])
def test_who_sees_no_single_report_sees_no_lane(audience: Audience) -> None:
    assert section(document(audience, TIMELINES), "slaCompliance").pictures == ()


def test_a_customer_sees_the_lanes_of_its_own_reports() -> None:
    one = picture(document(ACME, TIMELINES), "slaCompliance")
    assert [row[0] for row in one.table.rows] == ["id-R5", "id-R1", "id-R2"]


def test_every_form_for_people_has_the_pictures_and_their_numbers(whole: ManagementReport) -> None:
    summaries = [picture(whole, metric).summary for metric in PICTURED]
    page = rendered(whole, Format.HTML).decode()
    paper = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(rendered(whole, Format.PDF))).pages)
    paper = " ".join(paper.split())
    for said in summaries:
        assert said in page
        assert said in paper
    assert "Monday, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0" in paper
    book = openpyxl.load_workbook(io.BytesIO(rendered(whole, Format.XLSX)))
    heat_sheet = book["Arrivals by weekday and hour (U"]
    assert [cell.value for cell in heat_sheet[2]][1:11] == ["Monday", *[0] * 8, 1]
    (scaled,) = heat_sheet.conditional_formatting
    assert str(scaled.sqref) == "C2:Z8"
    assert book["The reports that used up most o"]["B2"].value == "id-R5"


def test_what_is_named_strangely_stays_a_text() -> None:
    strange = TIMELINES[0]._replace(id="<b>&")
    page = rendered(document(ALL, [strange]), Format.HTML).decode()
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_pictures_speak_the_language_of_the_audience() -> None:
    german = document(replace(ALL, language=Language.GERMAN), TIMELINES)
    one = picture(german, "arrivals")
    assert isinstance(one, HeatMap)
    assert one.rows[0] == "Montag"
    assert one.summary == "mindestens eine kam in 5 der 168 Stunden der Woche"
    assert section(german, "arrivals").summary.endswith("am meisten bei Montag: 08:00, 1 Meldung.")
    assert picture(german, "timeInState").summary == "alle: die meiste Zeit in Bearbeitung, 83,9 %"
    assert picture(german, "slaCompliance").summary == "die erste ist id-R5: 67 h von 8 h"
    assert section(german, "paretoCount").summary.endswith("nach Dienst machen die ersten 3 80 % aus.")


def test_a_brief_page_shows_the_picture_of_a_metric_without_bars() -> None:
    brief = replace(SHIPPED["executive"], metrics=("arrivals", "backlog"))
    (paper,) = PdfReader(io.BytesIO(rendered(document(brief, TIMELINES), Format.PDF))).pages
    assert "Wednesday" in paper.extract_text()
