"""Every line of log has one form, and no line has a secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from hub import telemetry


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the process's logging back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_logger_and_message() -> None:
    out = io.StringIO()
    telemetry.configure(stream=out)
    telemetry.logger("hub.delivery").info("delivery.attempted", status=204, text="two\nlines")
    (line,) = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {
        "message": "delivery.attempted",
        "level": "info",
        "logger": "hub.delivery",
        "status": 204,
        "text": "two\nlines",
    }


def test_a_line_of_a_library_has_the_same_form() -> None:
    out = io.StringIO()
    telemetry.configure(stream=out)
    logging.getLogger("uvicorn.error").warning("port %d is in use", 8080)
    (line,) = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {"message": "port 8080 is in use", "level": "warning", "logger": "uvicorn.error"}


def test_what_is_less_severe_than_the_level_is_not_written() -> None:
    out = io.StringIO()
    telemetry.configure("warning", stream=out)
    for log in (telemetry.logger("ours"), logging.getLogger("theirs")):
        log.info("quiet")
        log.warning("loud")
    assert [line["message"] for line in lines(out)] == ["loud", "loud"]


def test_an_exception_stands_in_its_line() -> None:
    out = io.StringIO()
    telemetry.configure(stream=out)
    try:
        raise ValueError("no such word")
    except ValueError:
        telemetry.logger("hub").exception("poll.failed")
        logging.getLogger("theirs").exception("failed")
    assert ["ValueError: no such word" in line["exception"] for line in lines(out)] == [True, True]


@pytest.mark.parametrize(
    "name", ["secret", "password", "token", "authorization", "Authorization", "api_key", "api-keys", "lease_token"]
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_of_a_secret_the_line_says_only_whether_it_is_set(form: str, name: str) -> None:
    out = io.StringIO()
    telemetry.configure(format=form, stream=out)
    telemetry.logger("hub").info("started", **{name: "hunter2"}, deep={"list": [{name: "hunter2"}]}, other="seen")
    assert "hunter2" not in out.getvalue()
    assert "seen" in out.getvalue()


def test_a_secret_that_is_not_set_is_told_from_one_that_is() -> None:
    line = telemetry.redact(None, "info", {"password": "", "token": "x", "key_file": "hub.key"})
    assert line == {"password": "not set", "token": "set", "key_file": "hub.key"}


def test_a_value_that_json_does_not_know_is_written_as_text() -> None:
    out = io.StringIO()
    telemetry.configure(stream=out)
    telemetry.logger("hub").info("started", networks={1: object})
    assert "class 'object'" in lines(out)[0]["networks"]["1"]


def test_text_is_for_people() -> None:
    out = io.StringIO()
    telemetry.configure(format="text", stream=out)
    telemetry.logger("hub.api").info("started", port=8080)
    assert "started" in out.getvalue()
    assert "port=8080" in out.getvalue()
