"""The query string of a list."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.query.attributes import Attributes
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from hub.query.syntax import And, Comparison, Operator, Or

ATTRIBUTES = Attributes.named("@type", "lastUpdate", "name", "priority", "relatedParty", "status")


def parse(raw: str) -> ListQuery:
    return parse_list_query(split_query_string(raw.encode()), attributes=ATTRIBUTES)


def complaints_of(parse: Callable[[str], object], raw: str) -> dict[str, str]:
    """{field: what is wrong with it}"""
    with pytest.raises(InvalidInput) as caught:
        parse(raw)
    return {violation.field: violation.message for violation in caught.value.violations}


def complaints(raw: str) -> dict[str, str]:
    return complaints_of(parse, raw)


@pytest.mark.parametrize(
    ("raw", "pairs"),
    [
        ("", []),
        ("&&;", []),
        ("a=1&b=2", [("a", "1"), ("b", "2")]),
        ("a>=b", [("a.gte", "b")]),
        ("a%3E%3D5", [("a.gte", "5")]),
        ("a%3E=5", [("a.gte", "5")]),
        ("a%3E5", [("a.gt", "5")]),
        ("a<5", [("a.lt", "5")]),
        ("a==b", [("a", "b")]),
        ("a*=b", [("a.regex", "b")]),
        ("a.gt=5", [("a.gt", "5")]),
        ("a=x+y%20z%2Bw", [("a", "x y z+w")]),
        ("a=1;b>2", [("a", "1"), (";b.gt", "2")]),
        ("a=1&%3Bb.gt=2", [("a", "1"), (";b.gt", "2")]),
        ("a=1%3Bb", [("a", "1;b")]),
        ("a=%C3%A9", [("a", "é")]),
        ("a=é", [("a", "é")]),
        ("%40type=X", [("@type", "X")]),
        ("lastUpdate.gt=2026-11-22T10:00:00+02:00", [("lastUpdate.gt", "2026-11-22T10:00:00+02:00")]),
        ("filter=$[?(@.a=='x' && @.b=='y;z')]&c=1", [("filter", "$[?(@.a=='x' && @.b=='y;z')]"), ("c", "1")]),
        ("filter=%24%5B%3F%28%40.a%3D%3D1%20%26%26%20%40.b%29%5D", [("filter", "$[?(@.a==1 && @.b)]")]),
        ("filter=$[?(@.a=='x' && &b=1", [("filter", "$[?(@.a=='x'"), ("b", "1")]),
        ("filter=@.t>'2026-11-22T10:00:00+02:00'", [("filter", "@.t>'2026-11-22T10:00:00+02:00'")]),
        ("lastUpdate.gt=2026-11-22T10:00:00.5%2B02:00", [("lastUpdate.gt", "2026-11-22T10:00:00.5+02:00")]),
    ],
)
def test_a_query_string_is_split_into_pairs(raw: str, pairs: list[tuple[str, str]]) -> None:
    assert split_query_string(raw.encode()) == pairs


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
def test_a_quoted_value_arrives_as_it_was(value: str) -> None:
    pairs = split_query_string(f"name.exact={quote(value, safe='')}".encode())
    assert pairs == [("name.exact", value.strip(" "))]


@given(st.lists(st.sampled_from(["name=a", "priority%3E5", "status.ne=a%26b", "name.exact=%3Da;status=a%3Bb"])))
def test_pairs_that_are_joined_again_say_the_same(parts: list[str]) -> None:
    pairs = split_query_string("&".join(parts).encode())
    joined = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
    assert split_query_string(joined.encode()) == pairs


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"a", "'a' has no operator"), (b"a=%ff", "not UTF-8"), (b"a=\xff", "not UTF-8"), (b"a=%00", "U.0000")],
)
def test_a_query_string_that_cannot_be_read_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        split_query_string(raw)


def test_nothing_asked_for_is_everything() -> None:
    assert parse("") == ListQuery(condition=None, fields=(), offset=0, limit=None)


def test_filters_fields_and_page_are_read() -> None:
    query = parse(
        "priority%3C%3D2&fields=id,status&offset=20&limit=10&relatedParty.role=owner;status=held,pending"
    )
    assert (query.fields, query.offset, query.limit) == (("id", "status"), 20, 10)
    role = Comparison(path=("relatedParty", "role"), operator=Operator.EQ, values=("owner",))
    status = Comparison(path=("status",), operator=Operator.EQ, values=("held", "pending"))
    priority = Comparison(path=("priority",), operator=Operator.LTE, values=("2",))
    assert query.condition == And(parts=(priority, Or(parts=(role, status))))


def test_a_repeated_attribute_means_any_of_its_values() -> None:
    assert parse("status=held&status=pending") == parse("status=pending,held")


def test_a_repeated_bound_means_both() -> None:
    assert parse("priority.gte=2&priority.lte=4").condition == And(
        parts=(
            Comparison(path=("priority",), operator=Operator.GTE, values=("2",)),
            Comparison(path=("priority",), operator=Operator.LTE, values=("4",)),
        )
    )


def test_a_limit_of_zero_is_a_limit() -> None:
    assert parse("limit=0").limit == 0


@pytest.mark.parametrize("value", ["-1", "x", "", "1.5", "1_0", "٣", "9" * 19, "9" * 5000])
@pytest.mark.parametrize("name", ["offset", "limit"])
def test_a_page_that_is_no_whole_number_is_refused_by_name_and_value(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(f"{name}={value}")
    (violation,) = caught.value.violations
    assert (violation.field, violation.value) == (name, value)


@pytest.mark.parametrize(
    ("raw", "field", "message"),
    [
        ("statsu=held", "statsu", "'statsu' is not known; is 'status' meant?"),
        ("zzz.gt=1", "zzz.gt", "'zzz' is not known; known are @type, lastUpdate, name, "),
        ("lastUpdate>2026-11-22T10:00", "lastUpdate.gt", "the time 2026-11-22T10:00 has no zone"),
        ("name.like=x", "name.like", "unknown operator 'like'"),
        ("fields=status,statsu.x", "fields", "'statsu' is not known"),
        ("limit=1&limit=2", "limit", "is given more than once"),
        ("limit=1;status=held", "status", "is an alternative to limit"),
        ("name=x&limit=1;status=held", "status", "is an alternative to limit"),
        ("name=x;limit=1", "limit", "'limit' is not known"),
        ("&".join(f"name.ne={n}" for n in range(65)), "query string", "65 comparisons"),
    ],
)
def test_a_wrong_list_query_names_the_field(raw: str, field: str, message: str) -> None:
    found = complaints(raw)
    assert list(found) == [field]
    assert message in found[field]


def test_everything_wrong_in_a_list_query_is_said_at_once() -> None:
    assert set(complaints("statsu=1&offset=a&limit=b&fields=c")) == {"statsu", "offset", "limit", "fields"}
