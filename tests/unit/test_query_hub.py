"""The query of a registration at the hub."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput, Unsupported
from hub.model.event import BY_NAME, NOTICES, EventType
from hub.query.attributes import ANYTHING, Attribute, Attributes, Holds, Path
from hub.query.event_paths import Told
from hub.query.parse import HubQuery, parse_hub_query
from hub.query.predicate import predicate
from hub.query.syntax import Comparison, Operator, Or

ATTRIBUTES = Attributes.named(
    *{"@type", "affectedService", "creationDate", "name", "priority", "relatedParty", "status"}
)


def parse(text: str | None) -> HubQuery:
    return parse_hub_query(text, attributes=ATTRIBUTES)


def complaints(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert {violation.field for violation in caught.value.violations} == {"query"}
    assert caught.value.violations[0].value == text
    return [violation.message for violation in caught.value.violations]


@pytest.mark.parametrize("text", [None, "", "  ", "&", " & ; "])
def test_no_query_wants_every_event(text: str | None) -> None:
    assert parse(text) == HubQuery(normalised="", event_types=None, fields=(), condition=None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("eventType=ServiceProblemStateChangeEvent", EventType.STATE_CHANGE),
        ("eventType=serviceProblemStateChangeEvent", EventType.STATE_CHANGE),
        ("eventType = ServiceProblemStateChangeNotification ", EventType.STATE_CHANGE),
        ("eventType=ServiceProblemCreateNotification", EventType.CREATE),
        ("eventType=serviceProblemCreationNotification", EventType.CREATE),
        ("eventType=ServiceProblemAttributeValueChangeNotification", EventType.ATTRIBUTE_VALUE_CHANGE),
        ("eventType=ServiceProblemInformationRequiredNotification", EventType.INFORMATION_REQUIRED),
        ("eventType=ServiceProblemRemoveNotification", EventType.DELETE),
        ("eventType%3DServiceProblemDeleteEvent", EventType.DELETE),
    ],
)
def test_an_event_type_is_known_by_each_of_its_names(text: str, kind: EventType) -> None:
    assert parse(text) == HubQuery(
        normalised=f"eventType={kind}", event_types=frozenset({kind.value}), fields=(), condition=None
    )


def test_the_event_types_are_taken_out_of_the_condition() -> None:
    query = parse("eventType=ServiceProblemCreateEvent,ServiceProblemDeleteEvent&event.serviceProblem.status=held")
    assert query.event_types == frozenset({"ServiceProblemCreateEvent", "ServiceProblemDeleteEvent"})
    assert query.condition == Comparison(
        path=("event", "serviceProblem", "status"), operator=Operator.EQ, values=("held",)
    )


def test_a_repeated_event_type_means_either() -> None:
    query = parse("eventType=ServiceProblemCreateEvent&eventType=ServiceProblemDeleteEvent")
    assert query.event_types == frozenset({"ServiceProblemCreateEvent", "ServiceProblemDeleteEvent"})


def test_event_types_can_be_left_out() -> None:
    query = parse("eventType.ne=ServiceProblemCreateEvent")
    every = {kind.value for kind in EventType}
    assert query.event_types == frozenset(every - {"ServiceProblemCreateEvent"} - BY_NAME)


def test_a_notice_is_meant_where_it_is_named_only() -> None:
    named = parse("eventType=ListenerStateChangeEvent,DeliveryStateChangeEvent&event.listener.percentOfLimit>=90")
    assert named.event_types == NOTICES
    both = parse(
        "eventType.ne=DeliveryStateChangeEvent&eventType=ListenerStateChangeEvent,DeliveryStateChangeEvent"
    )
    assert both.event_types == frozenset({EventType.LISTENER_STATE_CHANGE})
    assert complaints("event.listener.colour=red")
    assert complaints("event.delivery.due=red")


def test_an_event_type_among_alternatives_stays_in_the_condition() -> None:
    query = parse("eventType=serviceProblemCreateEvent;event.serviceProblem.priority<=2")
    assert query.event_types is None
    assert isinstance(query.condition, Or)
    wanted = predicate(query.condition)
    assert wanted({"eventType": "ServiceProblemCreateEvent", "event": {"serviceProblem": {"priority": 9}}})
    assert wanted({"eventType": "ServiceProblemDeleteEvent", "event": {"serviceProblem": {"priority": 1}}})
    assert not wanted({"eventType": "ServiceProblemDeleteEvent", "event": {"serviceProblem": {"priority": 9}}})


def test_a_mix_reads_the_ampersand_as_looser_than_the_semicolon() -> None:
    wanted = predicate(parse("priority=1&title=a;title.exact=b").condition)
    assert wanted({"priority": "1", "title": "b"})
    assert not wanted({"priority": "2", "title": "b"})


def test_the_example_of_the_standard_is_read_spaces_and_capitals_included() -> None:
    query = parse(
        "eventType = ServiceProblemStateChangeNotification & event.ServiceProblem.priority=1"
        "&fields= eventId, event.ServiceProblem.name , event.serviceProblem.status"
    )
    assert query.normalised == (
        "event.serviceProblem.priority=1&eventType=ServiceProblemStateChangeEvent"
        "&fields=event.serviceProblem.name,event.serviceProblem.status,eventId"
    )
    assert query.fields == ("event.serviceProblem.name", "event.serviceProblem.status", "eventId")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("domain=a&title=b", "title = b & domain = a"),
        ("title=b,a", "title.in= a ,b"),
        ("title=a;title=b", "title=a&title=b"),
        ("event.serviceProblem.priority>5", "event.serviceproblem.priority%3E5"),
        ("event.serviceProblem.priority>=5", "event.serviceProblem.priority.gte=5"),
        ("timeOcurred.gt=2026-11-22T10:00:00Z", "timeOccurred>2026-11-22T10:00:00Z"),
        ("eventType=ServiceProblemDeleteEvent", "eventType==serviceProblemRemoveNotification"),
        ("title=a%26b", "title.exact=a%26b"),
    ],
)
def test_two_spellings_of_one_meaning_are_one_query(one: str, other: str) -> None:
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("title=a", "title=b"),
        ("title=a", "title.ne=a"),
        ("title=a&domain=b", "title=a;domain=b"),
        ("title=a,b", "title.exact=a,b"),
        ("title=a", "title=a&fields=eventId"),
        ("priority.gt=5", "priority.gte=5"),
    ],
)
def test_two_meanings_are_two_queries(one: str, other: str) -> None:
    assert parse(one).normalised != parse(other).normalised


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("eventType=TroubleTicketCreateEvent", "'TroubleTicketCreateEvent' is not an event type; known are Serv"),
        ("eventType>a", "eventType is compared with eq or ne, not with gt"),
        ("eventType>ServiceProblemCreateEvent", "eventType is compared with eq or ne, not with gt"),
        ("status=held", "'status' is not known"),
        ("event.serviceProblem.statsu=held", "'statsu' is not known; is 'status' meant?"),
        (
            "event.troubletTicket.severity=Urgent",
            "'troubletTicket' is not known; known are delivery, informationRequired, listener",
        ),
        ("event.serviceProblem=1", "names no attribute; write event.serviceProblem.status"),
        ("event=1", "names no attribute"),
        ("limit=1", "'limit' is not known"),
        ("nonsense", "'nonsense' has no operator"),
        ("title=a;fields=eventId", "fields= cannot be one of several alternatives"),
        ("fields=status", "'status' is not known"),
        ("fields=none,eventId", "fields=none stands alone"),
        ("fields=event.serviceProblem.statsu", "'statsu' is not known"),
        ("eventTime>2026-11-22T10:00:00", "2026-11-22T10:00:00 has no zone"),
        ("eventType=ServiceProblemCreateEvent&eventType.ne=ServiceProblemCreateEvent", "no event is of all"),
        ("title=%ff", "not UTF-8"),
        ("href=x", "'href' is in no event of this server"),
        ("analyticCharacteristic.name=x", "'analyticCharacteristic' is in no event of this server"),
        ("title=%00", "the character U+0000"),
        ("title=a\nb", "holds a control character; write it percent-encoded: %0A"),
        ("title=\ud800", "half a surrogate"),
        ("source." * 12 + "id=1", "more than 12 parts"),
        ("&".join(f"title.ne={n}" for n in range(65)), "65 comparisons, more than 64"),
        ("title=" + ",".join(map(str, range(501))), "501 values, more than 500"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(text: str, complaint: str) -> None:
    (message,) = complaints(text)
    assert complaint in message


def test_everything_wrong_is_said_at_once() -> None:
    assert len(complaints("eventType=X&event.serviceProblem.statsu=held;foo=1&fields=bar")) == 4


def test_a_text_of_several_lines_is_asked_for_and_written_down_on_one() -> None:
    query = parse(r"title=%0Aa%0Ab,c%09&filter=$[?(@.title=='\na\nb')]&filter=$[?(@.title=~/a%0Ab/)]")
    assert predicate(query.condition)({"title": "\na\nb"})
    assert not predicate(query.condition)({"title": "a\nb"})
    assert "\n" not in query.normalised
    assert parse(query.normalised) == query


def test_a_query_of_endless_length_is_refused_without_repeating_it() -> None:
    with pytest.raises(InvalidInput, match="more than 8192") as caught:
        parse("title=" + "x" * 9000)
    assert len(caught.value.violations[0].value) < 200


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("filter=$..a", "descendant"),
        ("eventType=ServiceProblemCreateEvent&filter=event.serviceProblem.note[0]", "an index"),
        ("$[?(avg(@.event.serviceProblem.priority) > 3)]", r"avg()"),
        ("$[?(@.event.*.status=='held')]", "* on event, which is not known to be a list"),
        ("$[?(@.event.problemGroup.parentProblem[*].id=='7')]", "* on event.problemGroup.parentProblem, which"),
    ],
)
def test_what_jsonpath_has_and_the_hub_has_not_is_said_to_be_unsupported(text: str, named: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse(text)
    assert caught.value.status == 501
    assert named in caught.value.message


@pytest.mark.parametrize(
    "path", ["problemGroup.childProblem", "problemAcknowledgement.problem", "managementReport.artefact"]
)
def test_the_elements_of_a_list_in_an_event_may_be_asked_for(path: str) -> None:
    assert parse(f"$[?(@.event.{path}[*].id=='7')]").condition is not None


PATHS = [
    "title",
    "source.id",
    "event.serviceProblem.status",
    "event.ServiceProblem.relatedParty.id",
    "domain",
]
OPERATORS = ["=", "==", "!=", ">", ">=", "<", "<=", ".eq=", ".ne=", ".in=", ".exact=", ".gt=", ".lte="]
VALUES = st.text(st.sampled_from("aB1=<>!~*,;& %é.\"'"), max_size=6)


@st.composite
def clauses(draw: st.DrawFn) -> str:
    operator = draw(st.sampled_from(OPERATORS))
    value = draw(VALUES)
    if operator.strip(".=") in {">", "<", "gt", "lte"} or operator in {">=", "<="}:
        value = value.replace(",", "")
    if not operator.startswith("."):
        value = f"a{value}"
    space = draw(st.sampled_from(["", " "]))
    return f"{draw(st.sampled_from(PATHS))}{space}{operator}{space}{quote(value)}"


def test_a_query_keeps_its_meaning_when_what_it_names_is_not_known_any_more() -> None:
    text = "event.serviceProblem.mosScore.lt=3&event.serviceProblem.status=bygone&fields=event.serviceProblem.mosScore"
    known = Attributes.named("mosScore", "status")
    assert parse_hub_query(text, attributes=ANYTHING) == parse_hub_query(text, attributes=known)


def test_a_query_in_the_words_of_another_face_asks_the_stored_report() -> None:
    def translate(path: Path) -> Path:
        return ("relatedParty", "partyOrPartyRole", "id") if path == ("relatedParty", "id") else path

    wanted = "event.serviceProblem.relatedParty.partyOrPartyRole.id=7"
    plain = parse_hub_query("event.serviceProblem.relatedParty.id=7", attributes=ATTRIBUTES, translate=translate)
    assert plain == parse(wanted)
    text = "event.serviceProblem[?(@.relatedParty.id=='7')]"
    path = parse_hub_query(text, attributes=ATTRIBUTES, translate=translate)
    assert predicate(path.condition)({"event": {"serviceProblem": {"relatedParty": [PARTY]}}})


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("event.serviceProblem.href=https://here/v4/serviceProblem/7", True),
        ("event.serviceProblem.href.ne=https://here/v4/serviceProblem/7", False),
        ("filter=$[?@.event.serviceProblem.href=='https://here/v4/serviceProblem/7']", True),
        ("$.event.serviceProblem[?@.href=='https://here/v4/serviceProblem/7']", True),
        ("event.serviceProblem.href=7", False),
    ],
)
def test_an_href_is_that_of_the_face(text: str, fits: bool) -> None:
    event = {"event": {"serviceProblem": {"id": "7", "href": "https://here/v5/serviceProblem/7"}}}
    known = Attributes.named("href", "name")
    query = parse_hub_query(text, attributes=known, address=lambda text: text.replace("/v4/", "/v5/"))
    assert predicate(query.condition)(event) is fits


def test_an_href_is_equal_or_not() -> None:
    with pytest.raises(InvalidInput, match="href is compared with eq or ne, not with regex"):
        parse_hub_query("event.serviceProblem.href=~x", attributes=Attributes.named("href"))


def test_a_query_for_events_that_the_face_has_not_is_refused() -> None:
    told = Told(types=frozenset({EventType.CREATE, EventType.STATE_CHANGE}), content=frozenset({"serviceProblem"}))
    for text in (f"eventType={EventType.DELETE}", f"eventType={EventType.CREATE},{EventType.DELETE}"):
        with pytest.raises(InvalidInput, match=f"known are {EventType.CREATE}, {EventType.STATE_CHANGE}$"):
            parse_hub_query(text, attributes=ATTRIBUTES, told=told)
    text = f"eventType!={EventType.CREATE},{EventType.STATE_CHANGE}"
    with pytest.raises(InvalidInput, match="none that is told here"):
        parse_hub_query(text, attributes=ATTRIBUTES, told=told)
    for text in ("event.problemGroup.id=3", "event.problemUngroup.id=3"):
        with pytest.raises(InvalidInput, match="is not known; known are serviceProblem"):
            parse_hub_query(text, attributes=ATTRIBUTES, told=told)


@pytest.mark.parametrize(
    "text", ["reportingSystem.id=qos-hub", "@type=x", "fields=source", "filter=$[?(@.source)]"]
)
def test_a_query_for_what_the_envelope_of_the_face_has_not_is_refused(text: str) -> None:
    told = Told(types=frozenset(EventType), content=frozenset({"serviceProblem"}), envelope=frozenset({"eventId"}))
    with pytest.raises(InvalidInput, match="is in no event that is told here"):
        parse_hub_query(text, attributes=ATTRIBUTES, told=told)
    assert parse_hub_query("eventId=7", attributes=ATTRIBUTES, told=told).normalised == "eventId=7"


def test_the_payload_of_an_ungrouping_has_two_names() -> None:
    one, other = (
        parse_hub_query(f"event.{name}.state=done", attributes=ATTRIBUTES)
        for name in ("problemGroup", "problemUngroup")
    )
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"), [("1", "1.0"), ("1,20", "2e1,1"), ("9007199254740993", "9007199254740993")]
)
def test_a_number_has_one_spelling(one: str, other: str) -> None:
    attributes = Attributes({"priority": Attribute(holds=Holds.NUMBER)})
    spelt = [
        parse_hub_query(f"event.serviceProblem.priority={each}", attributes=attributes) for each in (one, other)
    ]
    assert spelt[0] == spelt[1]
    assert spelt[0].normalised == f"event.serviceProblem.priority={one}"


PARTY = {"partyOrPartyRole": {"id": "7"}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$[?(@.title=='a')]", 'filter= $[?(@.title == "a")]'),
        ("filter=$[?(@.title=='a')]&domain=b", "domain=b & filter=$[?(@.title=='a')]"),
        (
            "$[?(@.title=='a' && @.domain=='b')]&fields=eventId",
            "fields=eventId&filter=$[?(@.title=='a'&&@.domain=='b')]",
        ),
    ],
)
def test_two_spellings_of_a_filter_are_one_query(one: str, other: str) -> None:
    assert parse(one) == parse(other)


def test_the_event_types_of_a_filter_are_found_as_well() -> None:
    query = parse("$[?(@.eventType=='serviceProblemCreateNotification' && @.title=='a')]")
    assert query.event_types == frozenset({EventType.CREATE.value})
    assert query.condition == Comparison(path=("title",), operator=Operator.EQ, values=("a",))


KINDS = st.sampled_from(list(EventType))


@st.composite
def queries(draw: st.DrawFn) -> list[str]:
    parts = [";".join(group) for group in draw(st.lists(st.lists(clauses(), min_size=1, max_size=3), max_size=4))]
    if types := draw(st.lists(KINDS, max_size=3)):
        parts.append(f"eventType={','.join(types)}")
    if draw(st.booleans()):
        parts.append("fields=event.serviceProblem.name, eventId")
    return parts


@given(queries())
def test_a_normalised_query_reads_as_the_query_it_came_from(parts: list[str]) -> None:
    query = parse("&".join(parts))
    assert parse(query.normalised) == query


@given(st.data())
def test_the_order_of_the_parts_does_not_matter(data: st.DataObject) -> None:
    parts = data.draw(queries())
    shuffled = data.draw(st.permutations(parts))
    assert parse("&".join(shuffled)) == parse("&".join(parts))
