"""A real Redmine on this machine: Debian's packages in a folder, SQLite, WEBrick, and a clock in Tokyo."""

import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.real.debian import free_port, libraries, move_paths, run, unpack
from tests.real.process import Background, Instance

PACKAGES = ("redmine", "redmine-sqlite")
READY_WITHIN = 120.0
ZONE = "Asia/Tokyo"
"""Redmine keeps the times of its server's zone."""
ADMIN, READER, WRITER = "a" * 40, "b" * 40, "c" * 40
"""Keys: of who may do everything, of who reads the projects of the tests, and of who may change their issues."""
LOGINS = {ADMIN: "admin", READER: "reader", WRITER: "writer"}
SEED = f"""
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
{LOGINS!r}.each do |key, login|
  user = User.find_by_login(login) || User.new(firstname: login.capitalize, lastname: 'Example')
  user.login, user.mail, user.must_change_passwd = login, "#{{login}}@example.test", false
  user.password = user.password_confirmation = 'nobody-needs-it'
  user.save!
  Token.create!(user: user, action: 'api').update_column(:value, key)
end
Role.create!(name: 'Reader', permissions: [:view_issues], issues_visibility: 'default')
writer = Role.create!(name: 'Writer', permissions: [:view_issues, :edit_issues, :add_issue_notes])
names = IssueStatus.all.to_h {{ |status| [status.name, status] }}
[['New', 'In Progress'], ['In Progress', 'Resolved'], ['Resolved', 'Closed']].each do |old, new|
  Tracker.all.each do |tracker|
    WorkflowTransition.create!(role: writer, tracker: tracker, old_status: names[old], new_status: names[new])
  end
end
%w(Service Location).each do |name|
  IssueCustomField.create!(
    name: name, field_format: 'list', possible_values: %w(volte-north volte-core ring-7), multiple: true,
    is_for_all: true, trackers: Tracker.all)
end
""".replace("': '", "' => '")


def install(cache: Path) -> Path:
    """The folder of the program with a database to copy, made on the first call."""
    home = cache / "redmine"
    unpack(home, *PACKAGES, finish=lambda: _make_usable(home))
    return home


class Redmine(Instance):
    """One instance with its data in `home`, to be used in a `with`. Issues are filed in its tracker Support."""

    def __init__(self, *, cache: Path, home: Path) -> None:
        super().__init__(install(cache.resolve()), home)
        self._session.headers["X-Redmine-API-Key"] = ADMIN

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def version(self) -> str:
        """What is installed: Redmine does not tell it over its API."""
        words = (self._program / "usr/share/redmine/lib/redmine/version.rb").read_text()
        numbers = [line.split("=")[1].strip() for line in words.splitlines() if _is_number(line)]
        return ".".join(numbers)

    def start(self) -> None:
        if not self._port:
            self._port = free_port()
            shutil.copy(_database(self._program / "new"), _prepared(self._home))
        self._process = Background(
            [
                *("ruby", "bin/rails", "server", "--using", "webrick", "--environment", "production"),
                *("--binding", "127.0.0.1", "--port", str(self._port), "--pid", str(self._home / "pid")),
            ],
            log=self._home / "redmine.log",
            folder=_share(self._program),
            environment=_environment(self._program, self._home),
        )
        self._process.wait_until(self._is_ready, within=READY_WITHIN)

    def create_project(self, identifier: str, *keys: str, public: bool = False) -> int:
        """A project, and those with these keys as its members."""
        about = {"name": identifier, "identifier": identifier, "is_public": public}
        made = self.call("POST", "projects.json", {"project": about})["project"]
        roles = {one["name"]: one["id"] for one in self.call("GET", "roles.json")["roles"]}
        users = {one["login"]: one["id"] for one in self.call("GET", "users.json")["users"]}
        for key in keys:
            login = LOGINS[key]
            member = {"user_id": users[login], "role_ids": [roles[login.capitalize()]]}
            self.call("POST", f"projects/{identifier}/memberships.json", {"membership": member})
        return int(made["id"])

    def create_issue(self, project: str, subject: str, **fields: Any) -> str:
        about = {"project_id": project, "subject": subject, "tracker_id": 3, "priority_id": 2}
        return str(self.call("POST", "issues.json", {"issue": about | fields})["issue"]["id"])

    def change_issue(self, issue: str, *, status: str | None = None, **fields: Any) -> None:
        own = {"status_id": self.statuses()[status]} if status else {}
        self.call("PUT", f"issues/{issue}.json", {"issue": own | fields})

    def issue(self, issue: str, *parts: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"issues/{issue}.json?include={','.join(parts)}")["issue"]
        return found

    def statuses(self) -> dict[str, int]:
        return {one["name"]: one["id"] for one in self.call("GET", "issue_statuses.json")["issue_statuses"]}

    def delete_issue(self, issue: str) -> None:
        self.call("DELETE", f"issues/{issue}.json")

    def relate(self, issue: str, to: str) -> None:
        relation = {"issue_to_id": to, "relation_type": "relates"}
        self.call("POST", f"issues/{issue}/relations.json", {"relation": relation})

    def rewrite_note(self, journal: int, text: str) -> None:
        self.call("PUT", f"journals/{journal}.json", {"journal": {"notes": text}})

    def set_times(self, stamps: Mapping[str, datetime]) -> None:
        """Set when issues were last changed, in Redmine's own tables."""
        rows = [(_local(stamp), issue) for issue, stamp in stamps.items()]
        self._execute("update issues set updated_on = ? where id = ?", rows)

    def set_journal_times(self, stamps: Mapping[int, datetime]) -> None:
        rows = [(_local(stamp), str(journal)) for journal, stamp in stamps.items()]
        self._execute("update journals set created_on = ? where id = ?", rows)

    def set_made(self, issue: str, stamp: datetime) -> None:
        self._execute("update issues set created_on = ? where id = ?", [(_local(stamp), issue)])

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self._session.request(method, f"{self.url}/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _execute(self, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
        database = sqlite3.connect(_database(self._home), timeout=30)
        with database:
            database.executemany(statement, rows)
        database.close()

    def _is_ready(self) -> bool:
        return self._session.get(f"{self.url}/users/current.json", timeout=30).ok


def _make_usable(home: Path) -> None:
    """Let the program find its own parts below `home`, and fill a database that each instance then copies."""
    # Bundler takes no gem whose folder is missing, and Debian keeps the files of its gems elsewhere.
    for described in home.glob("usr/**/rubygems-integration/*/specifications/*.gemspec"):
        (described.parents[1] / "gems" / described.stem).mkdir(parents=True, exist_ok=True)
    share = _share(home)
    for link in ("Gemfile.lock", "instances", "config/database.yml"):
        (share / link).unlink()
    (share / "instances").mkdir()
    (share / "Gemfile.local").write_text('gem "webrick"\n')
    move_paths(share / "Gemfile", home)
    new = _prepared(home / "new")
    shutil.copy(new / "config/database.yml", share / "config/database.yml")
    seed = home / "seed.rb"
    seed.write_text(SEED)
    environment = _environment(home, new)
    for command in (
        ["ruby", "-S", "bundle", "install", "--local"],
        ["ruby", "bin/rails", "db:migrate"],
        ["ruby", "bin/rails", "runner", str(seed)],
    ):
        run(command, share, environment)


def _prepared(home: Path) -> Path:
    """The folder of an instance: its settings, and where it writes."""
    for folder in ("config", "files", "log", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / "config/database.yml").write_text(
        f"production: {{adapter: sqlite3, database: '{_database(home)}', timeout: 30000}}\n"
    )
    return home


def _share(program: Path) -> Path:
    return program / "usr/share/redmine"


def _database(home: Path) -> Path:
    return home / "redmine.db"


def _environment(program: Path, home: Path) -> dict[str, str]:
    shared, native = program / "usr/share/rubygems-integration", Path(libraries(program))
    ruby = program / "usr/lib/ruby"
    modules = [
        ruby / "vendor_ruby",
        native / "ruby/vendor_ruby/3.1.0",
        ruby / "vendor_ruby/3.1.0",
        ruby / "3.1.0",
        native / "ruby/3.1.0",
    ]
    gems = [shared / "all", shared / "3.1.0", native / "rubygems-integration/3.1.0", ruby / "gems/3.1.0"]
    return {
        "PATH": f"{program / 'usr/bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": str(native),
        "RUBYLIB": ":".join(map(str, modules)),
        "GEM_PATH": ":".join(map(str, gems)),
        "GEM_HOME": str(program / "gems"),
        "BUNDLE_GEMFILE": str(_share(program) / "Gemfile"),
        "RAILS_ENV": "production",
        # Debian's Redmine serves several sites from one program: this is the folder of ours, below its own.
        "REDMINE_INSTANCE": os.path.relpath(home, _share(program) / "instances"),
        "SECRET_KEY_BASE": "5" * 128,
        "TZ": ZONE,
    }


def _is_number(line: str) -> bool:
    return line.strip().split(" ")[0] in ("MAJOR", "MINOR", "TINY")


def _local(stamp: datetime) -> str:
    return stamp.replace(tzinfo=stamp.tzinfo or UTC).astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S.%f")
