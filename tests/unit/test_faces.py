"""v4 as a rendering of v5: what each side sees, and that nothing is lost on the way there and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.faces import EVENT_RENDERERS, EVENT_TYPES, r18, v4
from hub.model.event import EventType
from hub.shipped import openapi_dir

Document = dict[str, Any]


def example(name: str) -> Document:
    content: Document = json.loads((openapi_dir() / "examples" / name).read_text("utf-8"))
    return content


FULL = example("serviceProblem.retrieve.response.json")
PARTY_V5 = {
    "@type": "RelatedPartyRefOrPartyRoleRef",
    "role": "resolver",
    "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "role-77", "name": "Transport", "partyId": "org-100"},
}
PARTY_V4 = {
    "@type": "RelatedParty",
    "role": "resolver",
    "@referredType": "PartyRole",
    "id": "role-77",
    "name": "Transport",
    "partyId": "org-100",
}


@pytest.mark.parametrize(
    ("name", "in_v5", "in_v4"),
    [
        ("responsibleParty", PARTY_V5, PARTY_V4),
        ("relatedParty", [PARTY_V5], [PARTY_V4]),
        (
            "firstAlert",
            {"@type": "RelatedEntity", "role": "alert", "entity": {"@type": "EntityRef", "id": "a-1"}},
            {"@type": "RelatedEntity", "role": "alert", "@referredType": "Entity", "id": "a-1"},
        ),
        (
            "affectedLocation",
            [{"role": "site", "place": {"@type": "PlaceRef", "id": "p-1", "@referredType": "GeographicAddress"}}],
            [{"role": "site", "id": "p-1", "@referredType": "GeographicAddress"}],
        ),
        (
            "affectedLocation",
            [{"@type": "RelatedPlaceRefOrValue", "place": {"@type": "GeographicSite", "code": "DD-N"}}],
            [{"@type": "RelatedPlace", "@referredType": "GeographicSite", "code": "DD-N"}],
        ),
        ("originatorParty", {"role": "supplier"}, {"role": "supplier", "id": "", "@referredType": "Party"}),
        ("characteristic", [{"name": "ring"}], [{"name": "ring", "value": None}]),
        ("impactPattern", {"characteristic": [{"name": "a"}]}, {"characteristic": [{"name": "a", "value": None}]}),
        ("priority", 3, 3),
    ],
)
def test_v4_shows_what_v5_keeps(name: str, in_v5: Any, in_v4: Any) -> None:
    assert v4.outgoing({name: in_v5}) == {name: in_v4}
    assert v4.incoming({name: in_v4}, {name: in_v5}) == {name: in_v5}


def test_v4_has_no_error_messages_and_keeps_those_that_are_there() -> None:
    kept = {"name": "ring", "errorMessage": [{"@type": "ErrorMessage", "code": "7"}]}
    assert v4.outgoing(kept) == {"name": "ring"}
    assert v4.incoming({"name": "north ring"}, kept) == {**kept, "name": "north ring"}


def test_a_party_that_comes_in_by_v4_is_wrapped() -> None:
    person = {"id": "7", "@referredType": "Individual", "role": "customer", "@type": "RelatedParty"}
    assert v4.incoming({"relatedParty": [person]}) == {
        "relatedParty": [
            {
                "@type": "RelatedPartyRefOrPartyRoleRef",
                "role": "customer",
                "partyOrPartyRole": {"@type": "PartyRef", "id": "7", "@referredType": "Individual"},
            }
        ]
    }
    role = {"id": "7", "@referredType": "PartyRole"}
    wrapped = v4.incoming({"responsibleParty": role})["responsibleParty"]
    assert wrapped == {"partyOrPartyRole": {"@type": "PartyRoleRef", "id": "7", "@referredType": "PartyRole"}}


def test_an_edit_by_v4_keeps_what_v4_does_not_show() -> None:
    base = {"relatedParty": [PARTY_V5, {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": "o"}}]}
    edited = v4.outgoing(base)
    edited["relatedParty"][0]["role"] = "owner"
    edited["relatedParty"].reverse()
    customer, owner = v4.incoming(edited, base)["relatedParty"]
    assert customer == base["relatedParty"][1]
    assert owner == {**PARTY_V5, "role": "owner"}


def test_parties_with_one_id_are_told_apart_by_their_kind() -> None:
    party = {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": "7", "@baseType": "a"}}
    role = {"role": "resolver", "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "7", "@baseType": "b"}}
    for base in ([party, role], [role, party]):
        edited = {"id": "7", "@referredType": "PartyRole", "role": "owner"}
        assert v4.incoming({"relatedParty": [edited]}, {"relatedParty": base})["relatedParty"] == [
            {**role, "role": "owner"}
        ]
    without_kind = {"id": "7", "role": "owner"}
    assert v4.incoming({"relatedParty": [without_kind]}, {"relatedParty": [role]})["relatedParty"] == [
        {**role, "role": "owner"}
    ]
    (other,) = v4.incoming(
        {"relatedParty": [{"id": "7", "@referredType": "Organization"}]}, {"relatedParty": [role]}
    )["relatedParty"]
    assert other == {"partyOrPartyRole": {"@type": "PartyRef", "id": "7", "@referredType": "Organization"}}


def test_another_party_in_its_place_inherits_nothing() -> None:
    base = {"responsibleParty": PARTY_V5}
    other = {"id": "org-1", "@referredType": "Organization", "role": "resolver"}
    assert v4.incoming({"responsibleParty": other}, base)["responsibleParty"] == {
        "role": "resolver",
        "partyOrPartyRole": {"@type": "PartyRef", "id": "org-1", "@referredType": "Organization"},
    }


def test_an_edit_can_tell_the_type_of_the_party() -> None:
    base = {"responsibleParty": {"@type": "RelatedPartyRefOrPartyRoleRef", "partyOrPartyRole": {"id": "7"}}}
    edited = {"responsibleParty": {"id": "7", "@type": "PartyRoleRef", "role": "owner"}}
    kept = v4.incoming(edited, base)["responsibleParty"]
    assert kept == {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "owner",
        "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "7"},
    }


def test_true_is_not_one() -> None:
    base = {"characteristic": [{"name": "ring", "value": 1}]}
    assert (
        v4.incoming({"characteristic": [{"name": "ring", "value": True}]}, base)["characteristic"][0]["value"]
        is True
    )


@pytest.mark.parametrize(
    ("path", "kept_at"),
    [
        ("relatedParty.id", "relatedParty.partyOrPartyRole.id"),
        ("relatedParty.role", "relatedParty.role"),
        ("relatedParty.@type", "relatedParty.@type"),
        ("relatedParty", "relatedParty"),
        ("originatorParty.@referredType", "originatorParty.partyOrPartyRole.@referredType"),
        ("relatedParty.partyOrPartyRole.id", "relatedParty.partyOrPartyRole.id"),
        ("firstAlert.id", "firstAlert.entity.id"),
        ("affectedLocation.name", "affectedLocation.place.name"),
        ("note.text", "note.text"),
        ("status", "status"),
    ],
)
def test_a_path_of_v4_leads_to_where_v5_keeps_it(path: str, kept_at: str) -> None:
    assert v4.path(tuple(path.split("."))) == tuple(kept_at.split("."))


# -- there and back

text = st.text(max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | text, lambda each: st.lists(each, max_size=2)
)
extension = st.fixed_dictionaries({}, optional={"x": values, "since": text, "name": text, "href": text})
types = st.fixed_dictionaries({}, optional={"@baseType": text, "@schemaLocation": text})
ids = st.sampled_from(["a", "b", "c"])


def documents(parts: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Document]:
    plain = {"name": text, "priority": st.integers(1, 10), "note": st.lists(extension, max_size=2), "id": text}
    return st.fixed_dictionaries({}, optional={**plain, **parts})


def joined(*parts: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    return st.tuples(*parts).map(lambda each: {name: value for one in each for name, value in one.items()})


def wrapped_by(member: str, outer: tuple[str, ...], inner: tuple[str, ...]) -> st.SearchStrategy[Document]:
    thing = joined(
        extension,
        types,
        st.fixed_dictionaries(
            {},
            optional={
                "id": ids,
                "@type": st.sampled_from(inner),
                "@referredType": text,
                "role": text,
                "partyId": text,
            },
        ),
    )
    return joined(
        extension,
        types,
        st.fixed_dictionaries({}, optional={"@type": st.sampled_from(outer), "role": text, member: thing}),
    )


party_v5 = wrapped_by(
    "partyOrPartyRole", ("RelatedPartyRefOrPartyRoleRef", "Own"), ("PartyRef", "PartyRoleRef", "Own")
)
place_v5 = wrapped_by("place", ("RelatedPlaceRefOrValue", "Own"), ("PlaceRef", "GeographicAddress", "Own"))
entity_v5 = wrapped_by("entity", ("RelatedEntity",), ("EntityRef", "Own"))
characteristics = st.lists(
    st.fixed_dictionaries({"name": ids}, optional={"value": values, "id": ids, "valueType": text}), max_size=3
)
with_characteristics = joined(extension, st.fixed_dictionaries({}, optional={"characteristic": characteristics}))
reports_v5 = documents(
    {
        "originatorParty": party_v5,
        "responsibleParty": party_v5,
        "relatedParty": st.lists(party_v5, max_size=4),
        "firstAlert": entity_v5,
        "relatedEntity": st.lists(entity_v5, max_size=3),
        "affectedLocation": st.lists(place_v5, max_size=3),
        "characteristic": characteristics,
        "impactPattern": with_characteristics,
        "trackingRecord": st.lists(with_characteristics, max_size=2),
        "errorMessage": st.lists(extension, max_size=1),
    }
)


def flat(demanded: dict[str, Any], types_of: tuple[str, ...]) -> st.SearchStrategy[Document]:
    named = {"role": text, "@type": st.sampled_from(types_of), "partyId": text}
    return joined(extension, types, st.fixed_dictionaries({}, optional=named), st.fixed_dictionaries(demanded))


referred = {"id": ids, "@referredType": text}
party_v4 = flat(referred, ("RelatedParty", "Own"))
whole_characteristics = st.lists(st.fixed_dictionaries({"name": ids, "value": values}), max_size=3)
reports_v4 = documents(
    {
        "originatorParty": party_v4,
        "responsibleParty": party_v4,
        "relatedParty": st.lists(party_v4, max_size=4),
        "firstAlert": flat({**referred, "role": text}, ("RelatedEntity", "Own")),
        "relatedEntity": st.lists(flat({**referred, "role": text}, ("RelatedEntity", "Own")), max_size=3),
        "affectedLocation": st.lists(
            flat({}, ("RelatedPlace", "Own")) | flat(referred, ("RelatedPlace",)), max_size=3
        ),
        "characteristic": whole_characteristics,
        "impactPattern": st.fixed_dictionaries({"characteristic": whole_characteristics}),
    }
)


@given(reports_v5)
def test_v5_comes_back_from_v4_as_it_was(report: Document) -> None:
    assert v4.incoming(v4.outgoing(report), report) == report


@given(reports_v4)
def test_v4_comes_back_from_v5_as_it_was(report: Document) -> None:
    assert v4.outgoing(v4.incoming(report)) == report


@given(reports_v5, reports_v4)
def test_an_edit_through_v4_is_seen_through_v4(report: Document, edited: Document) -> None:
    """Whatever a client makes of a report, it reads back what it wrote; a place tells its kind of itself."""
    edited.pop("affectedLocation", None)
    report.pop("affectedLocation", None)
    assert v4.outgoing(v4.incoming(edited, report)) == edited


# -- the names of R18.5


def test_a_client_of_the_v3_generation_finds_its_names() -> None:
    kept = {"creationDate": "c", "lastUpdate": "u", "originatorParty": {"id": "o"}}
    shown = r18.outgoing(kept)
    assert shown == {**kept, "timeRaised": "c", "timeChanged": "u", "responsibleParty": {"id": "o"}}
    assert r18.outgoing({**kept, "responsibleParty": {"id": "p"}})["responsibleParty"] == {"id": "p"}
    assert r18.incoming(shown, kept) == kept


def test_names_of_r18_are_read() -> None:
    given_ = {
        "comment": [{"text": "hi"}],
        "impactPatterns": {"extensionInfo": [{"name": "a", "value": 1}]},
        "relatedObject": [{"id": "x", "href": "/x"}],
        "correlationId": "c-1",
        "extensionInfo": [{"name": "b", "value": 2}],
    }
    assert r18.incoming(given_) == {
        "note": [{"text": "hi"}],
        "impactPattern": {"characteristic": [{"name": "a", "value": 1}]},
        "relatedEntity": [{"role": "related", "@referredType": "Entity", "id": "x", "href": "/x"}],
        "externalIdentifier": [{"id": "c-1", "externalIdentifierType": "correlationId"}],
        "characteristic": [{"name": "b", "value": 2}],
    }


@pytest.mark.parametrize(("old", "new"), r18.RENAMED.items())
@pytest.mark.parametrize("shown", [None, {"status": "held"}])
def test_an_attribute_under_both_names_says_one_thing(old: str, new: str, shown: Any) -> None:
    assert r18.incoming({old: "a", new: "a"}, shown) == {new: "a"}
    with pytest.raises(InvalidInput) as refused:
        r18.incoming({old: "a", new: "b"}, shown)
    ((field, value),) = ((one.field, one.value) for one in refused.value.violations)
    assert (field, value) == (old, "a")
    assert new in refused.value.message


def test_null_says_nothing_beside_another_name_of_a_new_report() -> None:
    note = [{"text": "a"}]
    assert r18.incoming({"comment": None, "note": note}) == r18.incoming({"comment": note, "note": None})
    with pytest.raises(InvalidInput):
        r18.incoming({"comment": None, "note": note}, {"note": note})


def test_what_is_shown_under_both_names_may_be_changed_under_either() -> None:
    shown = {"creationDate": "c", "lastUpdate": "u"}
    for name in ("timeRaised", "creationDate"):
        assert r18.incoming({**r18.outgoing(shown), name: "d"}, shown)["creationDate"] == "d"
    with pytest.raises(InvalidInput):
        r18.incoming({"timeRaised": "d", "creationDate": "e"}, shown)


def test_a_correlation_id_and_the_identifiers_say_one_thing() -> None:
    identifiers = [{"id": "c-1", "externalIdentifierType": "correlationId"}]
    assert r18.incoming({"correlationId": "c-1", "externalIdentifier": identifiers}) == {
        "externalIdentifier": identifiers
    }
    with pytest.raises(InvalidInput, match="correlationId"):
        r18.incoming({"correlationId": "c-2", "externalIdentifier": identifiers})
    with pytest.raises(InvalidInput, match="correlationId"):
        r18.edited({"correlationId": "c-2", "externalIdentifier": identifiers}, {"status": "held"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeRaised", "creationDate"),
        ("comment.text", "note.text"),
        ("correlationId", "externalIdentifier.id"),
        ("impactPatterns.extensionInfo.name", "impactPattern.characteristic.name"),
        ("status", "status"),
    ],
)
def test_a_path_of_r18_is_read(old: str, new: str) -> None:
    assert r18.path(tuple(old.split("."))) == tuple(new.split("."))


# -- events


def test_v4_tells_an_event_in_its_own_envelope() -> None:
    told = example("event.serviceProblemStateChangeEvent.json")
    rendered = EVENT_RENDERERS["v4"](told)
    assert rendered is not None
    assert rendered["timeOcurred"] == told["timeOccurred"]
    assert not rendered.keys() & {"@type", "timeOccurred", "source", "reportingSystem", "relatedParty"}
    report = rendered["event"]["serviceProblem"]
    assert (
        report["originatorParty"]["id"]
        == told["event"]["serviceProblem"]["originatorParty"]["partyOrPartyRole"]["id"]
    )
    assert report["href"] == told["event"]["serviceProblem"]["href"].replace("/v5/", "/v4/")
    assert {"eventId", "eventTime", "eventType", "sequence", "recordTime", "title"} <= rendered.keys()


def test_v4_says_in_a_path_which_information_is_required() -> None:
    rendered = EVENT_RENDERERS["v4"](example("event.serviceProblemInformationRequiredEvent.json"))
    assert rendered is not None
    assert rendered["fieldPath"] == "affectedService,note"
    assert rendered["event"].keys() == {"serviceProblem"}


def test_v3_has_its_names_and_its_address() -> None:
    rendered = EVENT_RENDERERS["v3"](example("event.serviceProblemCreateEvent.json"))
    assert rendered is not None
    report = rendered["event"]["serviceProblem"]
    assert report["timeRaised"] == report["creationDate"]
    assert "/v3/serviceProblem/" in report["href"]


@pytest.mark.parametrize("face", ["v5", "v4", "v3"])
@pytest.mark.parametrize("kind", EventType)
def test_a_face_renders_the_events_that_it_has_and_no_others(face: str, kind: EventType) -> None:
    if not kind.startswith("ServiceProblem"):
        assert (kind in EVENT_TYPES[face]) is (face == "v5")
        return
    told = example(f"event.{kind[0].lower()}{kind[1:]}.json")
    assert (EVENT_RENDERERS[face](told) is not None) is (kind in EVENT_TYPES[face])
