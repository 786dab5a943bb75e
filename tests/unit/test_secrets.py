"""Signing secrets and the key file that protects them."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from hub.errors import InvalidSettings
from hub.subscriptions.key_file import KeyFile, add_key, keep_first_key, load_keys
from hub.subscriptions.secrets import SecretBox, load_key, new_secret, parse_secret


def test_a_new_secret_is_read_back_as_its_bytes() -> None:
    text = new_secret(lambda count: b"k" * count)
    assert text == "whsec_" + base64.b64encode(b"k" * 32).decode()
    assert parse_secret(text) == b"k" * 32
    assert new_secret() != new_secret()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins with whsec_"),
        (base64.b64encode(b"k" * 32).decode(), "begins with whsec_"),
        ("whsec_not base64!", "base64"),
        ("whsec_a", "base64"),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), "this one holds 23"),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), "this one holds 65"),
    ],
)
def test_a_bad_secret_is_refused_without_being_repeated(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_secret(text)
    assert not text or text not in str(caught.value)


def test_a_sealed_secret_opens_with_its_own_key_only() -> None:
    box, other = SecretBox(Fernet.generate_key()), SecretBox(Fernet.generate_key())
    sealed = box.seal(b"secret bytes")
    assert b"secret bytes" not in sealed
    assert box.open(sealed) == b"secret bytes"
    with pytest.raises(InvalidSettings, match="does not open"):
        other.open(sealed)
    with pytest.raises(InvalidSettings, match="does not open"):
        box.open(sealed[:-4] + b"AAA=")


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    key = load_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path) == key
    assert [entry.name for entry in tmp_path.iterdir()] == ["hub.key"]
    assert SecretBox(key).open(SecretBox(load_key(path)).seal(b"x")) == b"x"


def test_who_comes_second_takes_the_first_ones_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub.key"
    first = Fernet.generate_key()
    link = os.link

    def overtaken(draft: Path, place: Path) -> None:
        place.touch(mode=0o600)
        place.write_bytes(first)
        link(draft, place)

    monkeypatch.setattr(os, "link", overtaken)
    assert load_key(path) == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["hub.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_key_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "hub.key"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(InvalidSettings, match=f"open to others \\(mode {mode:04o}\\)"):
        load_key(path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 5000, base64.urlsafe_b64encode(b"k" * 31)])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hub.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(InvalidSettings, match="holds no key"):
        load_key(path)


def test_a_key_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="No such file"):
        load_key(tmp_path / "missing" / "hub.key")


def test_a_new_key_comes_first_and_the_old_ones_still_open(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    box = SecretBox(KeyFile(path))
    sealed = box.seal(b"x")
    add_key(path)
    add_key(path)
    assert box.open(sealed) == b"x"
    renewed = box.renewed(sealed)
    assert renewed is not None
    assert keep_first_key(path) == 2
    assert box.open(renewed) == b"x"
    with pytest.raises(InvalidSettings, match="does not open"):
        box.open(sealed)
    assert [entry.name for entry in tmp_path.iterdir()] == ["hub.key"]


def test_a_key_file_that_cannot_be_read_meanwhile_leaves_the_keys_that_were_read(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    box = SecretBox(KeyFile(path))
    sealed = box.seal(b"x")
    for spoil in (lambda: path.write_bytes(b"no key at all"), lambda: path.chmod(0o644), path.unlink):
        spoil()
        assert box.open(sealed) == b"x"
        assert box.open(box.seal(b"y")) == b"y"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_goes_on_belonging_to_whom_it_belonged(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    load_key(path)
    os.chown(path, 1234, 5678)
    add_key(path)
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 5678, 0o600)
    assert len(load_keys(path)) == 2
