"""Lease tokens name their holder, and tell which holders are gone."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hub.store.leases import Holder

THIS = Holder(host="noc-1", pid=os.getpid(), boot="b2")


def ended_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_each_turn_has_a_token_of_its_own() -> None:
    assert THIS.token(1) != THIS.token(2)


def test_two_starts_differ_even_with_one_process_id() -> None:
    first, second = Holder.this(), Holder.this()
    assert (first.host, first.pid) == (second.host, second.pid)
    assert first.token(1) != second.token(1)


def test_our_own_leases_are_held() -> None:
    assert THIS.abandoned(THIS.token(7)) is False


def test_the_leases_of_a_process_that_ended_are_abandoned() -> None:
    assert THIS.abandoned(Holder(host="noc-1", pid=ended_pid(), boot="b1").token(1)) is True


def test_an_earlier_start_with_our_process_id_is_gone() -> None:
    """As in a container, where every start has the same one."""
    assert THIS.abandoned(Holder(host="noc-1", pid=THIS.pid, boot="b1").token(1)) is True


def test_a_process_that_runs_holds_its_leases() -> None:
    assert THIS.abandoned(Holder(host="noc-1", pid=os.getppid(), boot="b1").token(1)) is False


def test_a_container_with_our_host_name_and_process_id_holds_its_leases() -> None:
    """A process in another namespace of process ids is asked who it is."""
    code = "from hub.store.leases import Holder; print(Holder.this().token(1))"
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    asked = subprocess.run([*unshare, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"this machine makes no namespace: {asked.stderr.strip()}")
    token = asked.stdout.strip()
    place, pid, _boot, _ = token.rsplit(":", 3)
    ours = Holder.this()
    assert place.split("/")[:2] == ours.host.split("/")[:2]
    assert Holder(host=ours.host, pid=int(pid), boot="ours").abandoned(token) is False
    assert Holder(host=place, pid=int(pid), boot="its next start").abandoned(token) is True


def test_the_place_of_a_process_is_more_than_the_name_of_its_host() -> None:
    name, start, namespace = Holder.this().host.split("/")
    assert name == socket.gethostname()
    assert start == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert namespace == str(os.stat("/proc/self/ns/pid").st_ino)


def test_nothing_is_known_of_another_host() -> None:
    assert THIS.abandoned(Holder(host="noc-2", pid=ended_pid(), boot="b1").token(1)) is False


def test_a_host_name_with_colons_is_read_whole() -> None:
    colons = Holder(host="fe80::1", pid=THIS.pid, boot="b2")
    assert colons.abandoned(Holder(host="fe80::1", pid=ended_pid(), boot="b1").token(1)) is True
    assert colons.abandoned(Holder(host="fe80::2", pid=ended_pid(), boot="b1").token(1)) is False
