"""Audiences: the shipped ones load, a scope narrows, and what is not seen is taken away before anything is computed."""

from pathlib import Path
from typing import Any

import pytest

from hub.errors import InvalidInput, InvalidSettings
from hub.reporting.account import Account, account
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import definition_from, definition_of, load_definitions
from hub.reporting.audiences.file import audiences_from, load_audiences
from hub.reporting.audiences.sight import Sight
from hub.reporting.dimensions import NAMES, NOT_SEEN, OF_A_PARTY, PARTIES, UNKNOWN
from hub.reporting.policies import Policies
from hub.reporting.policy_file import load_agreed
from hub.reporting.timelines import Deleted, Timeline
from hub.shipped import config_dir
from hub.store.histories import Sent, Unregistered
from tests.unit.reporting.example import MARCH, POLICY, TIMELINES, march

CALENDARS = load_agreed(config_dir() / "reporting.yaml").calendars
SHIPPED = load_audiences(config_dir() / "audiences.yaml", CALENDARS)


def seen_by(customer: str) -> Account:
    audience = SHIPPED["customer"].narrowed({"customer": customer})
    seen = list(audience.sight().of([*TIMELINES, Deleted("R0")]))
    return account(seen, MARCH, recorded=MARCH.as_of, policies=Policies([POLICY]))


def test_the_shipped_audiences_and_reports_load() -> None:
    assert set(SHIPPED) == {"executive", "customer", "operations", "supplier", "regulator"}
    definitions = load_definitions(config_dir() / "reports.yaml", SHIPPED)
    assert {one.audience for one in definitions.values()} == set(SHIPPED)
    assert {name: one.period for name, one in definitions.items()} == {
        "executive-monthly": "month",
        "customer-sla": "month",
        "operations-weekly": "week",
        "supplier-monthly": "month",
        "regulator-quarterly": "quarter",
    }


def test_a_customer_sees_its_own_figures_and_nothing_of_another() -> None:
    acme, beta = seen_by("ACME"), seen_by("BETA")
    assert acme.figure("timeToAcknowledge", "mean").value == 20
    assert acme.figure("timeToRestoreNet", "mean").value == pytest.approx(24.333, abs=0.001)
    assert (acme.figure("slaCompliance").numerator, acme.figure("slaCompliance").denominator) == (2, 3)
    assert beta.figure("timeToAcknowledge", "mean").value == 307.5
    assert (beta.figure("slaCompliance").numerator, beta.figure("slaCompliance").denominator) == (0, 2)
    assert (acme.read, acme.outside, acme.deleted) == (3, 0, ())
    told = repr(acme)
    assert [word for word in ("BETA", "LINE-3", "VPN-8", "R3", "R4", "R6", "R0") if f"'{word}'" in told] == []


def test_a_row_is_the_same_in_every_account_that_has_it() -> None:
    everything = {row.id: row for row in march().rows}
    assert [row for row in seen_by("ACME").rows if row != everything[row.id]] == []


def test_of_a_report_of_two_customers_each_sees_itself_alone() -> None:
    both = TIMELINES[0]._replace(
        values=tuple(("ACME", "BETA") if one == ("ACME",) else one for one in TIMELINES[0].values)
    )
    (seen,) = SHIPPED["customer"].narrowed({"customer": "ACME"}).sight().of([both])
    assert "BETA" not in repr(seen)


def saying(at: int, **said: tuple[str, ...]) -> Timeline:
    """One of the six reports with other values."""
    one = TIMELINES[at]
    values = {**dict(zip(NAMES, one.values, strict=True)), **said}
    return one._replace(values=tuple(values[name] for name in NAMES))


@pytest.mark.parametrize(
    ("own", "shared", "seen"),
    [
        ((), ("VPN-7", "LINE-3"), (NOT_SEEN,)),
        (("VPN-7",), ("VPN-7", "LINE-3"), ("VPN-7",)),
        (("VPN-7",), ("LINE-3",), (NOT_SEEN,)),
        (("VPN-7",), (UNKNOWN,), (UNKNOWN,)),
    ],
)
@pytest.mark.parametrize("name", sorted(OF_A_PARTY))
@pytest.mark.parametrize("parties", PARTIES)
def test_of_a_shared_report_that_is_seen_which_a_report_of_the_party_alone_names(
    parties: str, name: str, own: tuple[str, ...], shared: tuple[str, ...], seen: tuple[str, ...]
) -> None:
    sight = Sight({parties: frozenset({"ACME"})})
    reports = [saying(0, **{parties: ("ACME",), name: own})] * bool(own)
    reports += [saying(1, **{parties: ("ACME", "BETA"), name: shared})]
    reports += [saying(2, **{parties: ("BETA",), name: ("LINE-3",)})]
    *_, found = sight.of(reports)
    assert isinstance(found, Timeline)
    assert dict(zip(NAMES, found.values, strict=True))[name] == seen


def test_of_a_shared_report_that_is_seen_which_the_run_names() -> None:
    sight = Sight({"customer": frozenset({"ACME"}), "region": frozenset({"north"})})
    shared = saying(0, customer=("ACME", "BETA"), region=("north", "south"), service=("VPN-7",))
    (found,) = sight.of([shared])
    assert isinstance(found, Timeline)
    values = dict(zip(NAMES, found.values, strict=True))
    assert (values["region"], values["service"]) == (("north",), (NOT_SEEN,))


def test_two_shared_reports_of_which_no_service_is_seen_are_no_repeats() -> None:
    shared = [saying(at, customer=("ACME", "BETA"), service=("LINE-3",)) for at in (0, 1)]
    seen = list(Sight({"customer": frozenset({"ACME"})}).of(shared))
    found = account(seen, MARCH, recorded=MARCH.as_of, policies=Policies([POLICY]))
    assert (found.figure("repeatRate").numerator, found.figure("repeatRate").denominator) == (0, 0)
    assert [one.repeat_of for one in found.rows] == [None, None]


def told(audience: Audience, scope: dict[str, str]) -> tuple[list[int], list[str], bool]:
    """The deliveries and the entries of lists that are seen, and whether the listeners may be named."""
    narrowed = audience.narrowed(scope)
    seen = list(narrowed.sight().of(TIMELINES))
    sent = [
        delivery(1, "R1", "")._replace(recipient="noc"),
        delivery(2, "R1", "ACME"),
        delivery(3, "R1", "BETA"),
        delivery(4, "R3", ""),
    ]
    entries = [
        Unregistered(key, party, "R1", 1) for key, party in (("all", ""), ("acme", "ACME"), ("beta", "BETA"))
    ]
    found = [one.delivery for one in narrowed.sight().sent(sent, seen)]
    return found, [one.recipient for one in narrowed.sight().unregistered(entries, seen)], narrowed.knows_listeners


def delivery(number: int, report: str, party: str) -> Sent:
    at = MARCH.begin
    return Sent(number, f"s{number}", party, f"e{number}", report, at, at, at, "delivered", at, 1, at, "e")


ACME = {"customer": "ACME"}


def test_who_sees_all_customers_sees_of_one_the_notifications_to_whoever_they_went() -> None:
    assert told(SHIPPED["operations"], ACME) == ([1, 2, 3], ["all", "acme"], True)
    assert told(SHIPPED["operations"], {"service": "VPN-7"})[0] == [1, 2, 3]


def test_a_customer_sees_the_notifications_to_itself_alone_whatever_narrows_it() -> None:
    assert told(SHIPPED["customer"], ACME) == ([2], ["acme"], True)
    assert told(SHIPPED["customer"], {**ACME, "service": "VPN-7"})[0] == [2]
    fixed = Audience(name="acme", title="ACME", only={"customer": frozenset({"ACME"})})
    assert told(fixed, {}) == told(fixed, ACME) == ([2], ["acme"], True)


def test_who_sees_a_part_of_the_reports_is_told_no_listener() -> None:
    part = Audience(name="part", title="Part", only={"service": frozenset({"VPN-7"})})
    assert told(part, {}) == ([1, 2, 3], ["all", "acme"], False)
    assert told(part, ACME) == ([1, 2, 3], ["all", "acme"], False)


def test_a_scope_never_adds() -> None:
    north = Audience(name="north", title="North", only={"region": frozenset({"north", "east"})})
    assert north.narrowed({"region": "east", "customer": "ACME"}).only == {
        "region": {"east"},
        "customer": {"ACME"},
    }
    with pytest.raises(InvalidInput, match=r"scope.region: audience north does not see it"):
        north.narrowed({"region": "south"})
    with pytest.raises(InvalidInput, match=r"scope.customer: must name one customer"):
        SHIPPED["customer"].narrowed({})
    with pytest.raises(InvalidInput, match=r"scope.customer: audience regulator does not see it"):
        SHIPPED["regulator"].narrowed({"customer": "ACME"})


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"zone": "Mars/Olympus"}, "audiences.a.zone"),
        ({"calendar": "lunar"}, "audiences.a.calendar"),
        ({"breakdowns": ["customer"], "hide": ["customer"]}, "audiences.a.breakdowns"),
        ({"smallest": 5}, "audiences.a.rows"),
        ({"brief": True, "rows": False}, "audiences.a.brief"),
        ({"brief": True, "metrics": ["backlog"]}, "audiences.a.rows"),
        ({"one": "customer", "hide": ["customer"]}, "audiences.a.one"),
        ({"metrics": ["happiness"]}, "audiences.a.metrics.0"),
        ({"recipients": ["a@b, c@d"]}, "audiences.a.recipients.0"),
        ({"only": {"planet": ["x"]}}, "audiences.a.only.planet"),
    ],
)
def test_what_is_wrong_with_an_audience_is_named(parts: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        audiences_from({"audiences": {"a": {"title": "A", **parts}}}, "audiences.yaml", CALENDARS)
    assert [one.field for one in error.value.violations] == [field]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"audience": "nobody"}, "audience"),
        ({"metrics": ["pingPong"]}, "metrics"),
        ({"breakdowns": ["source"]}, "breakdowns"),
        ({"scope": {"source": "rt"}}, "scope.source"),
        ({"formats": ["docx"]}, "formats.0"),
        ({"name": "With Space"}, "name"),
        ({"colour": "red"}, "colour"),
        ({"period": "day"}, "period"),
        ({"period": "2026-13"}, "period"),
    ],
)
def test_what_is_wrong_with_a_definition_is_named(parts: dict[str, Any], field: str) -> None:
    given = {"name": "mine", "title": "Mine", "audience": "customer", **parts}
    with pytest.raises(InvalidInput) as error:
        definition_from(given, SHIPPED)
    assert [one.field for one in error.value.violations] == [field]


@pytest.mark.parametrize(
    ("parts", "field", "value", "message"),
    [
        ({"colour": "red"}, "colour", "red", "is not known here"),
        ({"title": 5}, "title", 5, "must be a text, not 5"),
        ({"title": ""}, "title", "", "must have 1 to 200 characters, not ''"),
        (
            {"title": "two\r\nlines"},
            "title",
            "two\r\nlines",
            "must be one line, without control characters, not 'two",
        ),
        ({"name": "mine\n"}, "name", "mine\n", "must be small letters, digits and -"),
        ({"metrics": "backlog"}, "metrics", "backlog", "must be a list, not 'backlog'"),
        ({"metrics": ["backlog", "joy"]}, "metrics.1", "joy", "must be one of "),
        ({"scope": {"planet": "Mars"}}, "scope.planet", "Mars", "must be one of "),
        ({"scope": {"customer": 7}}, "scope.customer", 7, "must be a text, not 7"),
        ({"scope": "ACME"}, "scope", "ACME", "must be an object, not 'ACME'"),
        ({"schedule": {"every": "month", "at": "06:00", "key": 3}}, "schedule.key", 3, "is not known here"),
        (
            {"schedule": {"every": "month", "at": "06:00", "days": 91}},
            "schedule.days",
            91,
            "must be 0 to 90, not 91",
        ),
        ({"schedule": {"every": "month"}}, "schedule.at", None, "is missing"),
        ({"schedule": {"every": None, "at": "06:00"}}, "schedule.every", None, "must not be null"),
        ({"recipients": ["nowhere"]}, "recipients.0", "nowhere", "must be an address such as"),
        (
            {"period": "March"},
            "period",
            "March",
            "must be week, month, quarter or year, or a period written as 2026, ",
        ),
        ({"period": 2026}, "period", 2026, "must be a text, not 2026"),
    ],
)
def test_what_is_wrong_is_said_in_our_words_with_its_value(
    parts: dict[str, Any], field: str, value: object, message: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        definition_from({"name": "mine", "title": "Mine", "audience": "executive", **parts}, SHIPPED)
    (wrong,) = error.value.violations
    assert (wrong.field, wrong.value) == (field, value)
    assert wrong.message.startswith(message)
    assert len(wrong.message) < 1500


@pytest.mark.parametrize("period", ["week", "year", "30d", "2026-03", "2026-03-01/2026-03-15", None])
def test_a_definition_is_read_again_as_it_was_written(period: str | None) -> None:
    one = definition_from({"name": "mine", "title": "Mine", "audience": "executive", "period": period}, SHIPPED)
    assert one.period == period
    assert definition_of(one.document()) == one


def test_of_what_is_large_the_beginning_is_told() -> None:
    with pytest.raises(InvalidInput) as error:
        definition_from({"name": "mine", "title": "x" * 5000, "audience": "executive"}, SHIPPED)
    assert error.value.violations[0].value == "x" * 200


def test_a_file_says_it_in_the_same_words() -> None:
    with pytest.raises(
        InvalidSettings, match=r"audiences.yaml: audiences.a.smallest: must be a whole number, not 'x'"
    ):
        audiences_from({"audiences": {"a": {"title": "A", "smallest": "x"}}}, "audiences.yaml", CALENDARS)


def test_two_definitions_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "reports.yaml"
    one = "  - {name: a, title: A, audience: executive}\n"
    path.write_text(f"definitions:\n{one}{one}")
    with pytest.raises(InvalidSettings, match=r"definitions.1.name: stands there twice"):
        load_definitions(path, SHIPPED)
