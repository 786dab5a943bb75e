"""A real Request Tracker 5 on this machine: Debian's packages in a folder, SQLite, its own web server."""

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.real.debian import free_port, libraries, move_paths, run, unpack
from tests.real.process import Background, Instance

PACKAGES = ("request-tracker5", "rt5-db-sqlite")
READY_WITHIN = 180.0
ADMIN = ("root", "password")
"""What Request Tracker calls its first user, and the password it has until somebody sets one."""
READER = ("reader", "reads-and-no-more")
NOBODY = ("outsider", "reads-nothing-at-all")

SITE = """
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{home}/rt.db'); Set($DatabaseHost, ''); Set($DatabaseUser, '');
Set($rtname, 'example.test'); Set($Organization, 'example.test'); Set($Timezone, 'UTC');
Set($WebPath, ''); Set($WebDomain, '127.0.0.1'); Set($WebPort, {port});
Set($LogToSyslog, undef); Set($LogToSTDERR, 'warning'); Set($MailCommand, 'testfile');
Set($BcryptCost, 4);
$RT::VarPath = '{home}/var'; $RT::MasonDataDir = '{home}/mason'; $RT::MasonSessionDir = '{home}/session';
1;
"""
# Passwords at the usual cost would take a quarter of a second of each request.
USERS = f"""
@Users = (
    {{ Name => '{READER[0]}', Password => '{READER[1]}', Privileged => 1 }},
    {{ Name => '{NOBODY[0]}', Password => '{NOBODY[1]}', Privileged => 1 }},
);
@CustomFields = map {{ {{ Name => $_, Type => 'FreeformMultiple', Queue => 0 }} }} qw(Service Location);
@ACL = map {{ {{ Right => $_, UserId => '{READER[0]}' }} }} qw(SeeQueue ShowTicket SeeCustomField);
@Final = sub {{
    my $user = RT::User->new(RT->SystemUser);
    $user->Load('{READER[0]}');
    my (undef, undef, $token) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $user->id, Description => 'hub');
    open(my $file, '>', "$ENV{{QOS_HUB_TOKEN_FILE}}") or die $!;
    print $file $token;
}};
"""


def install(cache: Path) -> Path:
    """The folder of the program with a database to copy, made on the first call."""
    home = cache / "request-tracker"
    unpack(home, *PACKAGES, finish=lambda: _make_usable(home))
    return home


class RequestTracker(Instance):
    """One instance with its data in `home`, to be used in a `with`."""

    def __init__(self, *, cache: Path, home: Path) -> None:
        super().__init__(install(cache.resolve()), home, ADMIN)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def token_file(self) -> Path:
        """The token of the user who only reads."""
        return self._program / "token"

    def start(self) -> None:
        if not self._port:
            self._port = free_port()
            shutil.copy(self._program / "rt.db", self._home)
        self._process = Background(
            [
                *("perl", str(self._program / "usr/share/request-tracker5/libexec/rt-server")),
                *("--host", "127.0.0.1", "--port", str(self._port), "--max-workers", "2"),
            ],
            log=self._home / "rt.log",
            environment=_environment(self._program, self._home, self._port),
        )
        self._process.wait_until(self._is_ready, within=READY_WITHIN)

    def create_queue(self, name: str) -> str:
        return str(self._call("POST", "queue", {"Name": name})["id"])

    def create_ticket(self, queue: str, subject: str, **fields: Any) -> str:
        return str(self._call("POST", "ticket", {"Queue": queue, "Subject": subject, **fields})["id"])

    def change_ticket(self, ticket: str, **fields: Any) -> None:
        """Write attributes of a ticket, in its own words: Status, Queue, MergeInto, CustomFields."""
        self._call("PUT", f"ticket/{ticket}", fields)

    def write(self, ticket: str, content: str, *, kind: str = "correspond") -> None:
        """Add a message to a ticket; `kind` is `correspond` or `comment`."""
        self._call("POST", f"ticket/{ticket}/{kind}", {"Content": content, "ContentType": "text/plain"})

    def comments(self, ticket: str) -> list[str]:
        """The texts that were added to a ticket as comments, the oldest first, from the tracker's own tables."""
        asked = """
            select Attachments.Content from Attachments join Transactions on Transactions.id = TransactionId
            where ObjectType = 'RT::Ticket' and ObjectId = ? and Type = 'Comment' and ContentType = 'text/plain'
            order by Attachments.id
        """
        database = sqlite3.connect(self._home / "rt.db", timeout=30)
        found = [str(text) for (text,) in database.execute(asked, (ticket,))]
        database.close()
        return found

    def status_of(self, ticket: str) -> str:
        return str(self._call("GET", f"ticket/{ticket}", None)["Status"])

    def next_statuses(self, ticket: str) -> set[str]:
        """The words that the lifecycle offers to the ticket as its next status."""
        links = self._call("GET", f"ticket/{ticket}", None)["_hyperlinks"]
        return {link["to"] for link in links if link["ref"] == "lifecycle"}

    def set_times(self, stamps: Mapping[str, str]) -> None:
        """Set when tickets were last updated, in the tracker's own tables: {ticket: "2026-11-22 10:00:00"}."""
        rows = [(stamps[key], key) for key in stamps]
        _execute(self._home, "update Tickets set LastUpdated = ? where id = ?", rows)

    def shred(self, ticket: str) -> None:
        """Remove a ticket and all that is known of it, as its administrator's tool for that does."""
        transactions = "delete from Transactions where ObjectType = 'RT::Ticket' and ObjectId = ?"
        for statement in (transactions, "delete from Tickets where id = ?"):
            _execute(self._home, statement, [(ticket,)])

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = self._session.request(method, f"{self.url}/REST/2.0/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _is_ready(self) -> bool:
        return self._session.get(f"{self.url}/REST/2.0/rt", timeout=10).ok


def _make_usable(home: Path) -> None:
    """Let the program find its own parts below `home`, and fill a database that each instance then copies."""
    share = home / "usr/share/request-tracker5"
    for file in (share / "lib/RT/Generated.pm", share / "libexec/rt-server", _setup(home)):
        move_paths(file, home)
    (home / "users.pm").write_text(USERS)
    environment = _environment(home, home, 1)
    for action in (["init"], ["insert", "--datafile", str(home / "users.pm")]):
        command = ["perl", str(_setup(home)), "--skip-create", "--dba", "", "--dba-password", "", "--action"]
        run([*command, *action], home, {**environment, "QOS_HUB_TOKEN_FILE": str(home / "token")})
    # Without the mails that announce a new ticket, it is there in a third of the time.
    about_new = "select id from Scrips where Description like ?"
    _execute(home, f"delete from ObjectScrips where Scrip in ({about_new})", [("On Create%",)])


def _execute(home: Path, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
    database = sqlite3.connect(home / "rt.db", timeout=30)
    with database:
        database.executemany(statement, rows)
    database.close()


def _setup(home: Path) -> Path:
    return home / "usr/sbin/rt-setup-database-5"


def _environment(program: Path, home: Path, port: int) -> dict[str, str]:
    """The environment of an instance with its data in `home`, whose settings this writes."""
    site = home / "RT_SiteConfig.pm"
    site.write_text(SITE.format(home=home, port=port))
    for folder in ("var", "mason", "session"):
        (home / folder).mkdir(exist_ok=True)
    modules = [
        *program.glob("usr/share/perl*"),
        *program.glob("usr/lib/*/perl*/5.*"),
        *program.glob("usr/share/perl/5.*"),
    ]
    return {
        "RT_SITE_CONFIG": str(site),
        "RT_SITE_CONFIG_DIR": str(home / "none"),
        "PERL5LIB": ":".join(map(str, modules)),
        "LD_LIBRARY_PATH": libraries(program),
    }
