"""A link opens one form of one report until it expires, and nothing else does."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.reporting.links import Links

NOW = 1_775_000_000_500_000
KEYS = [b"new" * 11, b"old" * 11]


def links(keys: list[bytes], lifetime: float = 60) -> Links:
    return Links(keys=lambda: keys, base_url="http://hub/v1", lifetime=lifetime)


def parts(keys: list[bytes] = KEYS, report: str = "r1", form: str = "pdf") -> dict[str, str]:
    return dict(parse_qsl(urlsplit(links(keys).link(report, form, now=NOW).url).query))


def opens(report: str = "r1", form: str = "pdf", now: int = NOW, **changed: str) -> bool:
    return links(KEYS).opens(report, form, now=now, **{**parts(), **changed})


def test_a_link_names_the_report_the_form_and_its_end() -> None:
    link = links(KEYS).link("r1", "pdf", now=NOW)
    assert link.url.startswith("http://hub/v1/managementReport/r1/shared/pdf?expires=1775000060&signature=")
    assert link.expires == 1_775_000_060
    assert opens()


@pytest.mark.parametrize(
    "changed",
    [
        {"report": "r2"},
        {"form": "html"},
        {"report": "r1p", "form": "df"},
        {"expires": "1775000061"},
        {"expires": "9775000060"},
        {"expires": ""},
        {"expires": "01775000060"},
        {"expires": "１７７５００００６０"},
        {"signature": ""},
        {"signature": parts()["signature"][:-1]},
        {"signature": parts()["signature"] + "="},
        {"signature": "ü"},
        {"signature": "\ud800"},
    ],
)
def test_a_link_that_was_changed_opens_nothing(changed: dict[str, str]) -> None:
    assert not opens(**changed)  # type: ignore[arg-type]


def test_a_link_ends() -> None:
    assert opens(now=1_775_000_059_999_999)
    assert not opens(now=1_775_000_060_000_000)


def test_what_an_older_key_signed_opens_until_the_key_is_gone() -> None:
    old = parts(KEYS[1:])
    assert links(KEYS).opens("r1", "pdf", now=NOW, **old)
    assert not links(KEYS[:1]).opens("r1", "pdf", now=NOW, **old)
