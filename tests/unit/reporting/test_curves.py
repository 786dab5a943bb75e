"""The curves of a report: for everybody, with the numbers behind them, and none where they would tell too much."""

import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import pytest
from pypdf import PdfReader

from hub.reporting.account import Notified
from hub.reporting.audiences.audience import Language
from hub.reporting.audiences.definition import Format
from hub.reporting.render.curves import LOOKS, svg
from hub.reporting.render.document import Curve, Line, ManagementReport, Table
from hub.reporting.render.formats import rendered
from hub.reporting.render.plotting import Paper
from hub.reporting.render.plotting import curve as plotted
from hub.reporting.render.words import BY_LANGUAGE
from tests.unit.reporting.example import MARCH, TIMELINES, march
from tests.unit.reporting.test_notifications import FIVE
from tests.unit.reporting.test_renderers import ALL, SHIPPED, document

SVG = "{http://www.w3.org/2000/svg}"
CURVED = ["timeToRestoreCensored", "slaCompliance", "backlog"]


@pytest.fixture(scope="module")
def whole() -> ManagementReport:
    return document(ALL, TIMELINES)


def curves(report: ManagementReport) -> dict[str, Curve]:
    return {one.metric: one.curve for one in report.sections if one.curve is not None}


def drawn(curve: Curve) -> ElementTree.Element:
    return ElementTree.fromstring(svg(curve, "x"))


def test_a_course_is_a_curve_with_a_sentence_and_its_numbers(whole: ManagementReport) -> None:
    found = curves(whole)
    assert set(found) == set(CURVED)
    assert found["backlog"].summary == "most open at the end of 2026-03-10: 1; at the end of the period: 1"
    assert found["backlog"].table.rows[10] == ("2026-03-11", 0, 0, 2)
    sla = found["slaCompliance"]
    assert sla.summary.startswith("lowest until 2026-03-11: 0 % (0 of 1); something was decided in 5 of 31")
    assert sla.table.rows[1] == ("2026-03-02", 100, 1, 1)
    restored = found["timeToRestoreCensored"]
    assert restored.summary == "100 % are restored within 67 h, where the curve ends"
    assert restored.table.rows == ((3, 40), (18, 70), (67, 100))


@pytest.mark.parametrize("metric", CURVED)
def test_a_curve_has_a_name_and_a_description_and_its_lines_differ_by_strokes(
    whole: ManagementReport, metric: str
) -> None:
    curve = curves(whole)[metric]
    root = drawn(curve)
    assert root.attrib["role"] == "img"
    title, desc = root[0], root[1]
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert (title.text, desc.text) == (f"{curve.title} ({curve.unit})", curve.summary)
    strokes = {
        one.get("stroke-dasharray", "") for one in root.iter(f"{SVG}path") if one.get("stroke-width") == "2"
    }
    assert len(strokes) == len(curve.lines) <= len(LOOKS)
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert [line.label for line in curve.lines] == texts[-len(curve.lines) :]


def test_what_holds_until_the_next_value_is_drawn_in_steps(whole: ManagementReport) -> None:
    (path,) = re.findall(r'd="(M[^"]*)" stroke="#2f74c0" stroke-width="2"', svg(curves(whole)[CURVED[0]], "x"))[:1]
    assert re.fullmatch(r"M[\d. ]+(H[\d.]+V[\d.]+){3}", path)


@pytest.mark.parametrize(
    ("language", "said", "last"),
    [
        (Language.ENGLISH, "all within 400 s", "1,000 s"),
        (Language.GERMAN, "alle nach 400 s", "1.000 s"),
    ],
)
def test_the_latency_of_notifications_goes_by_its_logarithm(language: Language, said: str, last: str) -> None:
    (course,) = [one for one in march(notified=Notified(sent=FIVE)).courses if one.metric == "notificationLatency"]
    found = plotted(course, Paper(begin=MARCH.begin, zone="UTC", words=BY_LANGUAGE[language]))
    assert found is not None
    assert found.summary == said
    assert [tick for _, tick in found.across] == ["1 s", "10 s", "100 s", last]
    assert found.table.rows == ((2, 33.33), (65, 66.67), (400, 100))
    assert found.lines[0].places[-1] == pytest.approx((0.867, 1), abs=0.001)


def test_where_there_is_nothing_the_line_has_a_gap_and_what_stands_alone_is_a_dot() -> None:
    line = Line(label="a <b>", places=((0.0, 0.0), (0.2, 1.0), None, (0.5, 0.5), None, (0.8, 0.1), (1.0, 0.2)))
    table = Table(title="t", columns=(), rows=())
    root = drawn(Curve(title="t", unit="%", summary="s", lines=(line,), across=(), up=(), table=table))
    (path,) = [one.attrib["d"] for one in root.iter(f"{SVG}path") if "L" in one.attrib["d"]]
    assert (path.count("M"), path.count("L")) == (3, 2)
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_an_audience_that_small_figures_are_kept_from_sees_no_course() -> None:
    hidden = replace(ALL, smallest=2)
    assert curves(document(hidden, TIMELINES)) == {}


def test_of_nothing_there_is_no_curve() -> None:
    assert "timeToRestoreCensored" not in curves(document(ALL, []))


def test_every_form_for_people_has_the_curve_and_its_numbers(whole: ManagementReport) -> None:
    summary = curves(whole)["backlog"].summary
    page = rendered(whole, Format.HTML).decode()
    assert summary in page
    assert '<th scope="row">2026-03-11</th><td class="n">0</td>' in page
    paper = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(rendered(whole, Format.PDF))).pages)
    assert summary in " ".join(paper.split())
    assert "2026-03-11, 0, 0, 2" in " ".join(paper.split())
    book = openpyxl.load_workbook(io.BytesIO(rendered(whole, Format.XLSX)))
    sheet = book["Backlog over time"]
    assert [cell.value for cell in sheet[12]][1:5] == ["2026-03-11", 0, 0, 2]
    with zipfile.ZipFile(io.BytesIO(rendered(whole, Format.XLSX))) as archive:
        charts = [archive.read(one).decode() for one in archive.namelist() if one.startswith("xl/charts/chart")]
    assert sum("lineChart" in one for one in charts) == 2
    assert sum("scatterChart" in one for one in charts) == 1


def test_curves_speak_the_language_of_the_audience() -> None:
    german = curves(document(replace(SHIPPED["executive"], language=Language.GERMAN), TIMELINES))
    assert german["backlog"].title.endswith(" im Verlauf")
    assert german["backlog"].summary.startswith("am meisten offen am Ende des 2026-03-10")
    assert german["slaCompliance"].table.columns[0] == "bis"
