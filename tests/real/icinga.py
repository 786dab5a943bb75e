"""A real Icinga 2 on this machine: Debian's packages in a folder, its API behind a certificate of a private CA."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trustme

from tests.real.debian import free_port, libraries, unpack
from tests.real.process import Background, Instance

PACKAGE = "icinga2-bin"
READY_WITHIN = 30.0
ADMIN = ("admin", "does-everything")
READER = ("reader", "reads-and-no-more")
BLIND = ("blind", "reads-the-status")
CONFIGURATION = f"""
const NodeName = "localhost"
const ZoneName = NodeName
object Endpoint NodeName {{}}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = %d }}
object CheckCommand "passive" {{ command = [ "/bin/true" ] }}
object ApiUser "{ADMIN[0]}" {{ password = "{ADMIN[1]}"; permissions = [ "*" ] }}
object ApiUser "{READER[0]}" {{
  password = "{READER[1]}"
  permissions = [ "status/query", "objects/query/Host", "objects/query/Service" ]
}}
object ApiUser "{BLIND[0]}" {{ password = "{BLIND[1]}"; permissions = [ "status/query" ] }}
"""
PASSIVE = {"check_command": "passive", "enable_active_checks": False, "max_check_attempts": 1}


def install(cache: Path) -> Path:
    """The folder of the program, unpacked on the first call."""
    home = cache / "icinga"
    unpack(home, PACKAGE, finish=lambda: None)
    return home


class Icinga(Instance):
    """One instance with its data in `home`, to be used in a `with`; every check of it is fed by the tests."""

    def __init__(self, *, cache: Path, home: Path) -> None:
        super().__init__(install(cache.resolve()), home, ADMIN)
        self._session.headers["Accept"] = "application/json"

    @property
    def url(self) -> str:
        return f"https://localhost:{self._port}"

    @property
    def authority(self) -> Path:
        """The certificate of the private authority."""
        return self._home / "data/certs/ca.crt"

    def start(self) -> None:
        if not self._port:
            self._port = free_port()
            _certify(self.authority.parent)
        configuration = self._home / "icinga2.conf"
        configuration.write_text(CONFIGURATION % self._port)
        self._process = Background(
            [*self._command, "daemon", "--config", str(configuration), *self._defines],
            log=self._home / "icinga.log",
            environment={"LD_LIBRARY_PATH": libraries(self._program)},
        )
        self._process.wait_until(self._is_ready, within=READY_WITHIN)

    def restart(self) -> None:
        """End it as an operator does, and start it again: it reads back the states that it wrote down."""
        assert self._process is not None
        self._process.stop()
        self.start()

    def create_host(self, name: str, **variables: Any) -> None:
        self._call("PUT", f"objects/hosts/{name}", {"attrs": {**PASSIVE, "vars": variables}})

    def create_service(self, host: str, name: str, *, attempts: int = 1, **variables: Any) -> None:
        """A service whose problem is hard after so many checks."""
        attributes = {**PASSIVE, "max_check_attempts": attempts, "vars": variables}
        self._call("PUT", f"objects/services/{host}!{name}", {"attrs": attributes})

    def delete_service(self, host: str, name: str) -> None:
        self._call("DELETE", f"objects/services/{host}!{name}", None)

    def report(self, name: str, state: int, output: str = "") -> None:
        """The result of a check: 0 to 3 of a service `host!name`, 0 (up) or 1 (down) of a host `name`."""
        self._call(
            "POST", "actions/process-check-result", {**_of(name), "exit_status": state, "plugin_output": output}
        )

    def acknowledge(self, name: str) -> None:
        self._call("POST", "actions/acknowledge-problem", {**_of(name), "author": "ines", "comment": "on it"})

    def plan_downtime(self, name: str, *, start: float, end: float) -> None:
        about = {"author": "ines", "comment": "new fibre", "start_time": start, "end_time": end, "fixed": True}
        self._call("POST", "actions/schedule-downtime", _of(name) | about)

    @property
    def _command(self) -> list[str]:
        (program,) = self._program.glob("usr/lib/*/icinga2/sbin/icinga2")
        return [str(program)]

    @property
    def _defines(self) -> list[str]:
        """Where Icinga keeps what; it would otherwise be below /etc and /var, and belong to another user."""
        places = {
            "ConfigDir": self._home / "etc",
            "DataDir": self._home / "data",
            "LogDir": self._home / "log",
            "CacheDir": self._home / "cache",
            "SpoolDir": self._home / "spool",
            "InitRunDir": self._home / "run",
            "PkgDataDir": self._program / "usr/share/icinga2",
        }
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        user = {"RunAsUser": self._home.owner(), "RunAsGroup": self._home.group()}
        return [f"-D{name}={value}" for name, value in {**places, **user}.items()]

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = self._session.request(
            method, f"{self.url}/v1/{path}", json=body, verify=str(self.authority), timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def _is_ready(self) -> bool:
        return self._session.get(f"{self.url}/v1", verify=str(self.authority), timeout=1).ok


def _certify(folder: Path) -> None:
    folder.mkdir(parents=True)
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", common_name="localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    certificate.private_key_pem.write_to_path(str(folder / "localhost.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "localhost.crt"))


def _of(name: str) -> dict[str, str]:
    return {"type": "Service", "service": name} if "!" in name else {"type": "Host", "host": name}
