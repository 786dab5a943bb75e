"""How long an alert that has left Alertmanager's list keeps the name of its episode."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.alertmanager.episodes import REMEMBERED, followed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST, EARLIER, LATER = "2026-11-22T11:00:00.000Z", "2026-11-22T10:00:00.000Z", "2026-11-22T11:30:00.000Z"


def alert(start: str) -> dict[str, str]:
    return {"fingerprint": "f", "startsAt": start}


@pytest.mark.parametrize(
    ("start", "away", "named"),
    [
        (FIRST, timedelta(minutes=1), FIRST),
        (EARLIER, timedelta(minutes=1), FIRST),
        (LATER, timedelta(minutes=1), LATER),
        (EARLIER, REMEMBERED - timedelta(seconds=1), FIRST),
        (EARLIER, REMEMBERED + timedelta(seconds=1), EARLIER),
    ],
)
def test_an_alert_that_comes_back(start: str, away: timedelta, named: str) -> None:
    listed = followed([alert(FIRST)], {}, now=NOW)
    left = followed([], listed.cursor, now=NOW)
    still = followed([], left.cursor, now=NOW + away)
    assert followed([alert(start)], still.cursor, now=NOW + away).cursor == {
        "episodes": {"f": named},
        "away": {},
    }


def test_what_left_the_list_long_ago_is_forgotten() -> None:
    left = followed([], followed([alert(FIRST)], {}, now=NOW).cursor, now=NOW)
    assert left.cursor == {"episodes": {"f": FIRST}, "away": {"f": NOW.isoformat()}}
    assert followed([], left.cursor, now=NOW + REMEMBERED).cursor == {"episodes": {}, "away": {}}


def test_the_place_of_an_older_version_is_read() -> None:
    assert followed([alert(EARLIER)], {"episodes": {"f": FIRST}}, now=NOW).listed == {"f": FIRST}
