"""A want of the hub's own is said once a minute, keeps the sender from beginning for a second, and ends."""

from hub.delivery.wants import Wants
from tests.senders import logged_lines

SECOND = 1_000_000


def test_a_want_that_comes_and_goes_is_said_once_a_minute() -> None:
    wants = Wants()
    with logged_lines() as log:
        for second in range(0, 120, 2):
            wants.note(second * SECOND, "Too many open files")
            assert wants.until == (second + 1) * SECOND
            wants.note_none(second * SECOND + 1)
            assert wants.present(second * SECOND) == "Too many open files"
            wants.note_none((second + 1) * SECOND)
            assert wants.present((second + 1) * SECOND) is None
    assert log.getvalue().count("delivery.out_of_resources") == 2
    assert log.getvalue().count("delivery.resources_back") == 2


def test_what_was_wanted_long_ago_is_not_said_to_be_wanted_now() -> None:
    """Perhaps nothing had to be sent since."""
    wants = Wants()
    wants.note(SECOND, "no port is left")
    assert wants.present(60 * SECOND) == "no port is left"
    assert wants.present(61 * SECOND) is None
