"""A secret is named, and found where its reference says; no message holds it."""

from pathlib import Path

import pytest

from hub.ports import secret

PASSWORD = "s3cret-pw"


def test_a_secret_comes_from_where_its_reference_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("DESK_PASSWORD", PASSWORD)
    assert secret(f"file:{tmp_path / 'pw'}") == PASSWORD
    assert secret("env:DESK_PASSWORD") == PASSWORD


@pytest.mark.parametrize("reference", [PASSWORD, "env:", "file:", "env:QOS_HUB_TEST_NOT_SET", "file:/nonexistent"])
def test_a_reference_that_leads_nowhere_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match=r"reference|no such variable|cannot be read") as refused:
        secret(reference)
    assert PASSWORD not in str(refused.value)


def test_a_secret_is_what_a_command_says_without_a_shell(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"  {PASSWORD}\n")
    assert secret(f"command:cat {tmp_path / 'pw'}") == PASSWORD
    assert secret("command:printf %s '$HOME; echo no'") == "$HOME; echo no"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("command:/nonexistent/program", "cannot be run"),
        (f"command:sh -c 'echo {PASSWORD}; exit 3'", "ended with 3"),
        ("command:true", "it said nothing"),
        ("command:sleep 60", "within 0.05 s"),
        (f"command:echo '{PASSWORD}", "cannot be read"),
        ("command: ", "by reference"),
        (r"command:printf '\377'", "no text"),
    ],
)
def test_a_command_that_does_not_say_the_secret_is_named_and_what_it_said_is_not(
    monkeypatch: pytest.MonkeyPatch, line: str, told: str
) -> None:
    monkeypatch.setattr("hub.references.COMMAND_TIME", 0.05 if "sleep" in line else 10.0)
    with pytest.raises(ValueError, match=told) as refused:
        secret(line)
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None
