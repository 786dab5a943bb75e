"""A real PostgreSQL on this machine: a cluster of its own in a folder, on 127.0.0.1, as a user who is not root."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import create_engine, text

from hub.demo.roundup import CannotStart
from tests.fakes.certificates import issued
from tests.real.debian import free_port, only_one, run

PACKAGE = "postgresql"
READY_WITHIN = 30.0
OWNER, READER, PASSWORD = "owner", "reader", "a-word-for-both"
NAME = "db.example.test"


def programs(cache: Path) -> Path:
    """The folder with initdb and postgres; Debian's package is installed where there is none, and starts nothing."""
    with only_one(cache / "postgresql.lock"):
        if not _installed():
            if os.geteuid() != 0:
                raise CannotStart("this machine has no PostgreSQL server, and only root can install one")
            configuration = Path("/etc/postgresql-common/createcluster.conf")
            configuration.parent.mkdir(parents=True, exist_ok=True)
            if not configuration.exists():
                configuration.write_text("create_main_cluster = false\n")
            environment = {"DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update", "-q"], cache, environment)
            install = [
                "apt-get",
                "install",
                "-y",
                "-q",
                "--no-install-recommends",
                "-o",
                "DPkg::Lock::Timeout=300",
            ]
            run([*install, PACKAGE], cache, environment)
    found = _installed()
    if not found:
        raise CannotStart("PostgreSQL was installed, and its server is not in /usr/lib/postgresql")
    return found[-1]


def _installed() -> list[Path]:
    return sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Postgresql:
    """One server with its data in `home`, to be used in a `with`; without any it makes a cluster of its own there.

    `owner` may do everything, `reader` only read. It speaks TLS to whom asks, as `NAME`, which `authority` vouches for.
    """

    def __init__(self, *, cache: Path, home: Path) -> None:
        self._bin = programs(cache.resolve())
        self._home = home.resolve()
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._identity = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    @property
    def version(self) -> str:
        return run([str(self._bin / "postgres"), "--version"], self._home).split()[2]

    @property
    def authority(self) -> Path:
        return self._home / "authority.pem"

    @property
    def login(self) -> tuple[str, str, int]:
        """The owner, the owner's password, and the port."""
        return OWNER, PASSWORD, self._port

    def url(self, user: str, password: str = "") -> str:
        who = f"{user}:{password}" if password else user
        return f"postgresql+psycopg://{who}@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        if self._identity is not None:
            # The server refuses root; its user must be able to reach its folder.
            for folder in (self._home, *self._home.parents):
                if not folder.stat().st_mode & 0o001 and folder != folder.parent:
                    folder.chmod(folder.stat().st_mode | 0o011)
        is_new = not (self._home / "data").exists()
        if is_new:
            self._make_cluster()
        settings = {"listen_addresses": "127.0.0.1", "port": str(self._port), "fsync": "off"}
        settings |= {"ssl": "on", "ssl_cert_file": "../server.pem", "ssl_key_file": "../server.key"}
        settings |= {"unix_socket_directories": "", "timezone": "Asia/Tokyo"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._server = self._command(["postgres", "-D", "data", *options])
        self._wait_until_ready()
        if is_new:
            owner = create_engine(self.url(OWNER, PASSWORD))
            with owner.begin() as connection:
                connection.execute(text(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'"))
            owner.dispose()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it without waiting for its clients to go; what was committed is there when it starts again."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=30)

    def _make_cluster(self) -> None:
        passwords = self._home / "password"
        passwords.write_text(PASSWORD)
        if self._identity is not None:
            shutil.chown(self._home, self._identity.pw_uid, self._identity.pw_gid)
            shutil.chown(passwords, self._identity.pw_uid)
        self._make_certificate()
        ways = ["--auth=scram-sha-256", f"--pwfile={passwords}", "--no-sync", "--encoding=UTF8", "--locale=C"]
        if self._command(["initdb", "-D", "data", "-U", OWNER, *ways]).wait() != 0:
            raise CannotStart(
                f"initdb failed: {(self._home / 'postgresql.log').read_text(errors='replace')[-600:]}"
            )

    def _make_certificate(self) -> None:
        authority = issued("the authority", authority=True)
        server = issued(NAME, authority)
        self.authority.write_text(authority.pem)
        (self._home / "server.pem").write_text(server.pem)
        key = self._home / "server.key"
        key.write_text(server.key_pem)
        key.chmod(0o600)
        if self._identity is not None:
            shutil.chown(key, self._identity.pw_uid)

    def _command(self, words: list[str]) -> subprocess.Popen[bytes]:
        user = (
            []
            if self._identity is None
            else ["--reuid", str(self._identity.pw_uid), "--regid", str(self._identity.pw_gid)]
        )
        prefix = ["setpriv", *user, "--clear-groups"] if user else []
        with (self._home / "postgresql.log").open("ab") as log:
            return subprocess.Popen(
                [*prefix, str(self._bin / words[0]), *words[1:]],
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        while time.monotonic() < deadline and self._server is not None and self._server.poll() is None:
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        said = (self._home / "postgresql.log").read_text(errors="replace")[-600:]
        raise CannotStart(f"PostgreSQL does not answer: {said}")
