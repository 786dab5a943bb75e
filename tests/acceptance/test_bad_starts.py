"""Bad settings, files and ports: each ends the command in clear sentences, the right code, and unharmed data."""

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from hub.intake.adapters import installed_adapters
from tests.acceptance.contract_client import operations
from tests.acceptance.running import Server, run
from tests.fakes.listener import Listener
from tests.rooms import report

MAPPING = Path(__file__).parents[2] / "config" / "sources" / "roundup.yaml"
SOURCE = """
[intake]
mappings = "sources"
[sources.desk]
adapter = "roundup"
options = { url = "http://127.0.0.1:9/", username = "hub", password = "env:DESK_PASSWORD" }
"""


def sentences(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What a refused command says: every line is one of ours, and it is told nowhere else."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines
    assert all(line.startswith("qos-hub: ") for line in lines), done.stderr
    return [line.removeprefix("qos-hub: ") for line in lines]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


def test_a_port_in_use_is_named_and_nothing_is_made(tmp_path: Path, taken_port: int) -> None:
    (sentence,) = sentences(run(tmp_path, "serve", "--port", str(taken_port)))
    assert sentence.startswith(f"cannot listen at 127.0.0.1 port {taken_port}: Address already in use")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (sentence,) = sentences(run(tmp_path, "serve", "--port", "0", "--database", "hub"))
    assert sentence == "cannot open the database hub: unable to open database file"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    (sentence,) = sentences(run(tmp_path, "serve", "--port", "0", "--database", "nowhere/hub.db"))
    assert "nowhere/hub.db" in sentence
    assert "No such file or directory" in sentence


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 100)
    (sentence,) = sentences(run(tmp_path, "serve", "--port", "0", "--database", "letter.txt"))
    assert sentence == "cannot open the database letter.txt: file is not a database"
    assert letter.read_text() == "Dear Sir or Madam, " * 100


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """/proc refuses new files to everybody, root included."""
    key_file = {"QOS_HUB_SECURITY_KEY_FILE": str(tmp_path / "key")}
    done = run(tmp_path, "serve", "--port", "0", "--database", "/proc/hub.db", **key_file)
    assert sentences(done) == ["cannot open the database /proc/hub.db: unable to open database file"]
    (sentence,) = sentences(run(tmp_path, "serve", "--port", "0", "--database", "/proc/hub.db"))
    assert sentence.startswith("[security] key_file: /proc/hub.db.key: the key file cannot be used")


def test_a_read_only_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    """A database that says of itself that a newer program wrote it can be read and not written."""
    with Server(tmp_path) as server:
        server.client.create(report())
        assert server.stop() == 0
    database = tmp_path / "qos-hub.db"
    content = bytearray(database.read_bytes())
    content[18] = 3  # the format that a writer must know; 2 is WAL
    database.write_bytes(content)
    (sentence,) = sentences(run(tmp_path, "serve", "--port", "0"))
    assert sentence == "cannot open the database qos-hub.db: attempt to write a readonly database"
    assert database.read_bytes() == content


def test_the_key_of_another_installation_is_refused_before_anything_is_told(tmp_path: Path) -> None:
    with Listener() as listener, Server(tmp_path) as server:
        server.client.register(listener.url("/in"))
        listener.stop()
        server.client.create(report())
        server.kill()
        key = tmp_path / "qos-hub.db.key"
        own = key.read_bytes()
        key.write_bytes(Fernet.generate_key())
        (sentence,) = sentences(run(tmp_path, "serve", "--port", "0"))
        assert "the key file is not the one that this database was written with" in sentence
        key.write_bytes(own)
        listener.start()
        server.start()
        listener.wait_for(1, "/in")


BAD_SETTINGS = [
    ("[server]\nprot = 1\n", "prot"),
    ("[serverr]\nport = 1\n", "serverr"),
    ("[server]\nport = 'many'\n", "port"),
    ("[server]\nport = 70000\n", "port"),
    ("[server]\nroles = ['api', 'cook']\n", "roles"),
    ("[delivery]\ndeadline = 'soon'\n", "deadline"),
    ("[delivery]\nschemes = ['gopher']\n", "schemes"),
    ("[server\n", "settings.toml"),
]


@pytest.mark.parametrize(("text", "named"), BAD_SETTINGS, ids=lambda value: value.strip()[:40])
def test_a_bad_settings_file_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    (sentence,) = sentences(run(tmp_path, "check", "--config", "settings.toml"))
    assert named in sentence


def test_serve_refuses_a_bad_settings_file_as_check_does_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[server]\nprot = 1\n")
    served, checked = (run(tmp_path, command, "--config", "settings.toml") for command in ("serve", "check"))
    assert sentences(served) == sentences(checked)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize("command", ["serve", "check"])
def test_an_adapter_that_is_not_installed_is_refused(tmp_path: Path, command: str) -> None:
    (tmp_path / "settings.toml").write_text("[sources.desk]\nadapter = 'nothing'\n")
    arguments = ["--port", "0"] if command == "serve" else []
    (sentence,) = sentences(run(tmp_path, command, *arguments, "--config", "settings.toml"))
    installed = ", ".join(sorted(installed_adapters()))
    assert "roundup" in installed
    assert sentence == f"[sources.desk] adapter: there is no adapter 'nothing'; installed are: {installed}"


def test_every_bad_setting_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[server]\nprot = 1\nport = 'many'\n[log]\nlevel = 'loud'\n")
    said = sentences(run(tmp_path, "check", "--config", "settings.toml"))
    assert len(said) == 3


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (sentence,) = sentences(run(tmp_path, "serve", "--config", "missing.toml"))
    assert "missing.toml" in sentence


def test_a_misspelt_variable_is_named(tmp_path: Path) -> None:
    (sentence,) = sentences(run(tmp_path, "check", QOS_HUB_SERVER_PROT="8080"))
    assert "QOS_HUB_SERVER_PROT" in sentence


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_keys_only_loopback_is_served(tmp_path: Path, host: str) -> None:
    (sentence,) = sentences(run(tmp_path, "serve", "--host", host, "--port", "0"))
    assert "without keys the server listens on loopback only" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_mapping_with_an_unknown_status_is_refused(tmp_path: Path, command: str) -> None:
    (tmp_path / "settings.toml").write_text(SOURCE)
    (tmp_path / "sources").mkdir()
    mapping = MAPPING.read_text()
    assert "inProgress" in mapping
    (tmp_path / "sources" / "roundup.yaml").write_text(mapping.replace("inProgress", "underway"))
    arguments = ["--port", "0"] if command == "serve" else []
    (sentence,) = sentences(run(tmp_path, command, *arguments, "--config", "settings.toml", DESK_PASSWORD="x"))
    assert (
        " with sources/roundup.yaml: fields.status.table.chatting: 'underway' is no status of TMF656" in sentence
    )
    assert "fields.status.table.in-progress: 'underway'" in sentence
    assert "acknowledged, rejected, pending" in sentence


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_folder_of_mappings_that_is_not_there_is_named_and_nothing_is_made(tmp_path: Path, command: str) -> None:
    (tmp_path / "settings.toml").write_text(SOURCE)
    arguments = ["--port", "0"] if command == "serve" else []
    (sentence,) = sentences(run(tmp_path, command, *arguments, "--config", "settings.toml", DESK_PASSWORD="x"))
    assert sentence == "[intake] mappings: there is no folder 'sources'"
    assert [file.name for file in tmp_path.iterdir()] == ["settings.toml"]


def test_a_mapping_that_is_not_yaml_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SOURCE)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "roundup.yaml").write_text("fields: [status\nx: {")
    (sentence,) = sentences(run(tmp_path, "check", "--config", "settings.toml", DESK_PASSWORD="x"))
    assert "sources/roundup.yaml: the mapping file is not YAML" in sentence


def test_every_bad_source_is_named(tmp_path: Path) -> None:
    source = '[sources.{0}]\nadapter = "roundup"\noptions = {{ url = "http://127.0.0.1:9/", colour = 1 }}\n'
    (tmp_path / "settings.toml").write_text(source.format("east") + source.format("west"))
    told = sentences(run(tmp_path, "check", "--config", "settings.toml"))
    assert any("east" in sentence for sentence in told)
    assert any("west" in sentence for sentence in told)


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize("adapter", ["tmf621", "tmf642", "tmf656"])
@pytest.mark.parametrize(
    ("wake", "said"),
    [
        ("", "wake_secret: nobody can ring without it: name the secret of ring.secret here, too (it is '')"),
        (
            'wake_secret = "env:OTHER"',
            "wake_secret: it is another secret than that of ring.secret, so that every ring would be refused"
            " (it is 'env:OTHER')",
        ),
    ],
    ids=["without", "another"],
)
def test_a_ring_that_the_hub_would_not_hear_is_refused(
    tmp_path: Path, command: str, adapter: str, wake: str, said: str
) -> None:
    ring = 'ring = { url = "http://127.0.0.1:8", secret = "env:RING" }'
    options = f'options = {{ url = "http://127.0.0.1:9", own_systems = ["us"], {ring} }}'
    (tmp_path / "settings.toml").write_text(f'[sources.peer]\nadapter = "{adapter}"\n{wake}\n{options}\n')
    arguments = ["--port", "0"] if command == "serve" else []
    secrets = {"RING": "the-peer-rings-with-this", "OTHER": "and-we-listen-for-that"}
    ended = run(tmp_path, command, *arguments, "--config", "settings.toml", **secrets)
    assert sentences(ended) == [f"[sources.peer] {said}"]
    assert not any(secret in ended.stdout + ended.stderr for secret in secrets.values())


def test_init_writes_a_configuration_that_check_accepts_and_touches_none_that_is_there(tmp_path: Path) -> None:
    made = run(tmp_path, "init", "conf")
    assert made.returncode == 0, made.stderr
    settings = tmp_path / "conf" / "qos-hub.toml"
    assert "conf/qos-hub.toml" in made.stdout
    checked = run(tmp_path, "check", "--config", "conf/qos-hub.toml")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "http://127.0.0.1:8080" in checked.stdout
    settings.write_text("# mine\n")
    assert sentences(run(tmp_path, "init", "conf")) == ["conf/qos-hub.toml exists; it is left as it is"]
    assert settings.read_text() == "# mine\n"


def test_check_says_what_serve_would_do_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SOURCE.replace('mappings = "sources"', ""))
    checked = run(tmp_path, "check", "--config", "settings.toml", DESK_PASSWORD="hunter2")
    assert checked.returncode == 0, checked.stderr
    assert f"{len(operations())} operations" in checked.stdout
    assert "desk" in checked.stdout
    assert "hunter2" not in checked.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_a_database_keeps_its_data_over_refused_starts(tmp_path: Path, taken_port: int) -> None:
    with Server(tmp_path) as server:
        made = server.client.create(report()).json()
        assert server.stop() == 0
        sentences(run(tmp_path, "serve", "--port", str(taken_port)))
        sentences(run(tmp_path, "serve", "--port", "0", QOS_HUB_SERVER_ROLES="cook"))
        server.start()
        assert server.client.problems() == [made]
    check = sqlite3.connect(tmp_path / "qos-hub.db").execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)]


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_date_of_an_agreement_that_cannot_be_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    (tmp_path / "settings.toml").write_text("[reporting]\nfolder = '.'\n")
    (tmp_path / "reporting.yaml").write_text("agreements: [{name: all, from: 2026-02-30}]\n")
    arguments = ["--port", "0"] if command == "serve" else []
    done = run(tmp_path, command, *arguments, "--config", "settings.toml")
    assert (done.returncode, done.stdout) == (2, "")
    sentence = "reporting.yaml: agreements.0.from: must be a day such as 2026-01-01, not '2026-02-30'"
    assert done.stderr.splitlines()[-1] == f"qos-hub: {sentence}"
