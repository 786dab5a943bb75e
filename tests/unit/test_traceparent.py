"""Which `traceparent` says something, and which is as if it were not there."""

import pytest

from hub.telemetry.traceparent import read_traceparent

TRACE, STEP = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (f"00-{TRACE}-{STEP}-01", f"00-{TRACE}-{STEP}-01"),
        (f" 00-{TRACE}-{STEP}-00 ", f"00-{TRACE}-{STEP}-00"),
        (f"01-{TRACE}-{STEP}-01", f"00-{TRACE}-{STEP}-01"),
        (f"cc-{TRACE}-{STEP}-01-what-comes-later", f"00-{TRACE}-{STEP}-01"),
        (f"00-{TRACE}-{STEP}-01-more", None),
        (f"ff-{TRACE}-{STEP}-01", None),
        (f"01-{TRACE}-{STEP}-01.more", None),
        (f"00-{'0' * 32}-{STEP}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{STEP}-01", None),
        (f"00-{TRACE[1:]}-{STEP}-01", None),
        (f"00-{TRACE}-{STEP}-1", None),
        (f"00-{TRACE}-{STEP}", None),
        (f"00-{TRACE}-{STEP}-01\r\nX-Evil: 1", None),
        ("٠٠-" + f"{TRACE}-{STEP}-01", None),
        ("", None),
    ],
)
def test_a_traceparent_is_read_as_its_standard_says(given: str, read: str | None) -> None:
    assert read_traceparent(given) == read
