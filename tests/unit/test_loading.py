"""What a row of an import states of its identity and its dates; and how large the next chunk is."""

from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.jobs.imports import FEWEST_ROWS, LONGEST_COMMIT, MOST_ROWS, next_size
from hub.problems.loading import Row, dates_in, identity_in

NOW = 1_772_366_400_000_000


@pytest.mark.parametrize("given", ["a", "019cac2f-8a51-7000-9a3b-5f5f4f6c7d10", "INC.7_~", "7" * 64])
def test_an_id_that_fits_an_address_is_kept(given: str) -> None:
    assert identity_in({"id": given}) == given


@pytest.mark.parametrize("given", ["", "a/b", "..", "a b", "-a", "ä", "7" * 65, 7, ["a"], "a\n"])
def test_another_id_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="id"):
        identity_in({"id": given})


def test_a_row_may_have_no_id() -> None:
    assert identity_in({}) is identity_in({"id": None}) is None


def test_dates_are_instants_and_not_of_the_future() -> None:
    given = {
        "creationDate": "2026-03-01T13:00:00+02:00",
        "statusChangeDate": "2999-01-01T00:00:00Z",
        "resolutionDate": None,
        "lastUpdate": "what it likes",
    }
    assert dates_in(given, NOW) == {"creationDate": NOW - 3600 * 1_000_000, "statusChangeDate": NOW}


def test_every_date_that_is_none_is_named() -> None:
    given = {
        "creationDate": "2026-03-01T12:00:00",
        "statusChangeDate": 5,
        "resolutionDate": "0001-01-01T00:00:00+23:00",
    }
    with pytest.raises(InvalidInput) as refused:
        dates_in(given, NOW)
    assert [one.field for one in refused.value.violations] == [
        "creationDate",
        "statusChangeDate",
        "resolutionDate",
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, []),
        ({"externalIdentifier": [{"id": "a"}, {"id": "b", "owner": "o", "externalIdentifierType": "t"}]},
         [("a", None, None), ("b", "o", "t")]),
        ({"externalIdentifier": [{"id": 5}, "a", None]}, []),
        ({"externalIdentifier": "a"}, []),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_external_identifiers(stated: dict[str, Any], expected: list[Any]) -> None:
    assert Row(id=None, stated=stated, document={}).identifiers == expected


@pytest.mark.parametrize(
    ("rows", "seconds", "expected"),
    [
        (100, LONGEST_COMMIT, 100),
        (100, LONGEST_COMMIT * 2, 50),
        (100, LONGEST_COMMIT / 10, 210),
        (400, LONGEST_COMMIT / 2, MOST_ROWS),
        (10, 1.0, FEWEST_ROWS),
        (1, 0.0, 12),
    ],
)
def test_a_chunk_is_as_large_as_its_time_allows(rows: int, seconds: float, expected: int) -> None:
    assert next_size(rows, seconds) == expected
