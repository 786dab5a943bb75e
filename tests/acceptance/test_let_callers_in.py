"""The commands and settings of docs/how-to/let-callers-in.md work as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

from hub.settings import load_settings
from tests.acceptance.running import run

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "let-callers-in.md").read_text("utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)).replace("\\\n", " ")
COMMANDS = [line for line in SHELL.splitlines() if line.startswith("qos-hub keys") and "revoke" not in line]
SETTINGS = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_commands_work_one_after_the_other(tmp_path: Path) -> None:
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        done = run(tmp_path, *shlex.split(command, comments=True)[1:])
        assert done.returncode == 0, done.stderr
        if "create" in command:
            key = done.stdout.strip()
            assert re.fullmatch(r"qos_\w+_\w+", key)
    listed = run(tmp_path, "keys", "list").stdout
    assert [name for name in ("noc", "dashboard", "elbe", "org-311") if name in listed][-1] == "org-311"
    assert "revoked key" in run(tmp_path, "keys", "revoke", key.split("_")[1]).stdout


@pytest.mark.parametrize("text", SETTINGS)
def test_the_settings_are_settings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    load_settings(path, {}, {})
    assert run(tmp_path, "check", "--config", "settings.toml").returncode == 0
