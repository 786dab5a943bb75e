"""A real system that cannot start fails on CI, however that says who it is, and is skipped elsewhere."""

import pytest

from hub.demo.roundup import CannotStart
from tests.real.fixtures import cannot_start


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *((word, pytest.fail.Exception) for word in ("true", "True", "1", "yes", "woodpecker")),
        *((word, pytest.skip.Exception) for word in ("", "0", "false", "False", "no")),
    ],
)
def test_a_system_that_cannot_start_fails_on_ci_alone(
    word: str, kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", word)
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match="no server here") as ended:
        cannot_start(CannotStart("no server here"))
    assert ended.type is kind
