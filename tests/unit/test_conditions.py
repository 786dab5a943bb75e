"""Entity tags: which lists of tags name one, and which answers have one."""

import pytest

from hub.api.conditions import NOT_STORED, Tags, answered, names, refuse_unmet
from hub.api.messages import Request, Response
from hub.errors import PreconditionFailed

TAGS = Tags("1.0", "https://hub.example.com/v5")
TAG = TAGS.of(7)


def request(**headers: str) -> Request:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request(path="/", path_params={}, query_string=b"", headers=named)


def test_a_tag_differs_by_state_by_shape_and_by_party() -> None:
    tags = {TAG, TAGS.of(8), TAGS.of(7, party="org-1"), TAGS.of(7, party="org-2"), Tags("1.1", "x").of(7)}
    assert len(tags) == 5
    assert TAGS.of(7) == TAG
    assert TAG[0] == TAG[-1] == '"'


NAMED = [
    (TAG, True, True),
    (f'"other", {TAG}', True, True),
    (f'W/"other",{TAG} , "more"', True, True),
    (f"W/{TAG}", False, True),
    ("*", True, True),
    (" * ", True, True),
    ('"other"', False, False),
    (TAG.strip('"'), False, False),
    (f"w/{TAG}", False, False),
    (f"{TAG}x", False, False),
    (f"{TAG} junk", False, False),
    (f", {TAG},,", True, True),
    ("", False, False),
    ('"', False, False),
    ('"*"', False, False),
]


@pytest.mark.parametrize(("header", "strongly", "weakly"), NAMED)
def test_a_list_of_tags_names_one(header: str, strongly: bool, weakly: bool) -> None:
    assert names(header.encode(), TAG, weakly=False) is strongly
    assert names(header.encode(), TAG, weakly=True) is weakly


def test_what_has_no_tag_is_named_by_a_star_alone() -> None:
    assert names(b"*", None, weakly=False)
    assert not names(TAG.encode(), None, weakly=True)
    assert not names(None, TAG, weakly=True)


def test_an_answer_without_a_tag_gets_one_of_its_bytes() -> None:
    first = answered(request(), Response(body=b"[1]"))
    assert first.etag
    assert answered(request(), Response(body=b"[1]")).etag == first.etag
    assert answered(request(), Response(body=b"[2]")).etag != first.etag
    again = answered(request(if_none_match=first.etag), Response(body=b"[1]"))
    assert (again.status, again.body, again.etag) == (304, b"", first.etag)


def test_a_tag_of_the_handler_is_kept() -> None:
    response = Response(body=b"{}", etag=TAG)
    assert answered(request(), response) is response
    assert answered(request(if_none_match=f"W/{TAG}"), response).status == 304


@pytest.mark.parametrize(
    "response",
    [Response(status=404, body=b"{}"), Response(body=b"{}", headers=(NOT_STORED,)), Response(status=202)],
)
def test_other_answers_have_none(response: Response) -> None:
    assert answered(request(if_none_match="*"), response) is response


def test_a_change_is_refused_when_its_condition_is_not_met() -> None:
    refuse_unmet(request(), TAG)
    refuse_unmet(request(if_match=TAG), TAG)
    refuse_unmet(request(if_match="*"), None)
    refuse_unmet(request(if_none_match='"other"'), TAG)
    for headers, field in (
        ({"if_match": '"other"'}, "If-Match"),
        ({"if_match": f"W/{TAG}"}, "If-Match"),
        ({"if_match": "7"}, "If-Match"),
        ({"if_none_match": TAG}, "If-None-Match"),
        ({"if_none_match": "*"}, "If-None-Match"),
    ):
        with pytest.raises(PreconditionFailed, match=f"{field}: the present version is") as refused:
            refuse_unmet(request(**headers), TAG)
        assert refused.value.violations[0].field == field
