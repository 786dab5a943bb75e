"""The main job, visibly: a ticket in a real trouble system becomes a report, and a listener is told of each change."""

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.demo.hub_process import OPERATIONS, V5, HubProcess
from hub.demo.listener import Listener, Received
from hub.demo.roundup import PASSWORD, CannotStart, Roundup
from hub.demo.roundup_client import RoundupClient
from hub.demo.screen import Screen

WITHIN = 60.0
"""Seconds that each step may take before the demonstration has failed."""

OUTAGE = 4.0
"""Seconds that the listener is out."""


class NotArrived(Exception):
    """A step did not come to its end in time; the message says which."""


def demonstrate(folder: Path, *, once: bool) -> bool:
    """Run in `folder`; True when every notification arrived, in order. Without `once` it runs on until Ctrl-C."""
    screen = Screen()
    work = folder / "run"
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise CannotStart(f"cannot make the folder {work}: {error.strerror}") from error
    screen.say("start", "a real trouble system: Roundup (its first start installs it, which takes a while)")
    with Roundup(cache=folder, home=work / "tracker") as tracker:
        screen.say("start", f"Roundup answers at {tracker.url}")
        with HubProcess(work, tracker_url=tracker.url, tracker_password=PASSWORD) as hub:
            screen.say("start", f"the hub answers at {hub.url}, its log is {hub.log}")
            demonstration = Demonstration(hub, tracker.client, screen)
            try:
                good = demonstration.run()
                demonstration.show_addresses(tracker.url)
                if not once:
                    screen.plain("\nRunning on: file tickets, look around. Ctrl-C ends it.")
                    _wait_for_the_end()
            finally:
                demonstration.listener.down()
    return good


class Demonstration:
    def __init__(self, hub: HubProcess, tracker: RoundupClient, screen: Screen) -> None:
        self._hub = hub
        self._tracker = tracker
        self._screen = screen
        self.listener = Listener(self._told)
        self._problem: dict[str, Any] = {}
        self._failures_shown = 0

    def run(self) -> bool:
        self._register()
        ticket = self._file_ticket()
        self._work_on(ticket)
        self._fail_for_a_while(ticket)
        self._resolve(ticket)
        good = self._account()
        self._write_report()
        return good

    def _told(self, received: Received) -> None:
        event = received.event
        report = event["event"]["serviceProblem"]
        late = f"{received.latency * 1000:.0f} ms" if received.latency < 1 else f"{received.latency:.1f} s"
        self._screen.say(
            "notified",
            f"#{event['sequence']} {event['eventType']}: {report['status']}, priority {report['priority']}; "
            f"signature good, {late} after the hub recorded it",
        )

    def _register(self) -> None:
        self.listener.up()
        registered = self._hub.register(self.listener.url)
        self.listener.know(registered["secret"])
        self._screen.say("listener", f"{self.listener.url} registered at the TMF hub as {registered['id']}")
        self._until("the hub reads the tracker", self._source_was_read)

    def _source_was_read(self) -> bool:
        return any(source["lastSuccessTime"] for source in self._hub.get(f"{OPERATIONS}/sources"))

    def _file_ticket(self) -> str:
        self._tracker.create_keyword("iptv-north")
        title = "Picture freezes on IPTV in the north ring"
        ticket = self._tracker.create_issue(title, priority="urgent", keyword=["iptv-north"])
        self._screen.say("ticket", f"issue{ticket} filed in Roundup: {title!r}, urgent, unread")
        self._until("the ticket is a report", self._find_problem)
        problem = self._problem
        services = ", ".join(service["id"] for service in problem.get("affectedService", ()))
        self._screen.say("report", f"{problem['id']}: {problem['status']}, priority {problem['priority']}")
        self._screen.say("report", f"category {problem['category']}, affects {services}")
        self._wait_for_events(1)
        return ticket

    def _find_problem(self) -> bool:
        problems = self._hub.get(f"{V5}/serviceProblem")
        self._problem = problems[0] if problems else {}
        return bool(problems)

    def _work_on(self, ticket: str) -> None:
        self._change(ticket, status="in-progress", priority="critical")
        self._wait_for_events(3)

    def _fail_for_a_while(self, ticket: str) -> None:
        self.listener.down()
        back = time.monotonic() + OUTAGE
        self._screen.say("outage", f"the listener is down for {OUTAGE:.0f} s")
        self._change(ticket, status="need-eg")
        self._until("an attempt fails", lambda: self._show_failures() >= 1)
        self._change(ticket, status="testing")
        self._until("a retry fails", lambda: self._show_failures() >= 2 and time.monotonic() >= back)
        self.listener.up()
        self._screen.say("outage", "the listener is back")
        self._wait_for_events(6)

    def _show_failures(self) -> int:
        """Say each attempt that has failed since the last look; the number of all so far."""
        deliveries = self._hub.get(f"{OPERATIONS}/deliveries?state=due")
        attempts = max((delivery["attempts"] for delivery in deliveries), default=0)
        for number in range(self._failures_shown + 1, attempts + 1):
            self._screen.say("retry", f"attempt {number} failed; the hub tries again, later events wait")
        self._failures_shown = max(self._failures_shown, attempts)
        return self._failures_shown

    def _resolve(self, ticket: str) -> None:
        self._change(ticket, status="resolved")
        self._wait_for_events(7)

    def _change(self, ticket: str, **changes: str) -> None:
        self._tracker.change_issue(ticket, **changes)
        said = ", ".join(f"{name} {value}" for name, value in changes.items())
        self._screen.say("ticket", f"issue{ticket} changed in Roundup: {said}")

    def _account(self) -> bool:
        """Hold what arrived against the hub's own history."""
        records = self._hub.get(f"{V5}/serviceProblemEventRecord?serviceProblem.id={self._problem['id']}")
        recorded = [record["id"] for record in records]
        arrived = [received.event["eventId"] for received in self.listener.received]
        good = arrived == recorded and self.listener.refused == 0
        verdict = "all, each once, in order" if good else f"recorded {recorded}, arrived {arrived}"
        self._screen.say("account", f"{len(recorded)} events recorded, {len(arrived)} arrived: {verdict}")
        return good

    def _write_report(self) -> None:
        """What has just happened as figures; the period ends now."""
        path = self._hub.folder / "report.html"
        path.write_bytes(self._hub.report("operations-weekly", "7d", WITHIN))
        self._screen.say("figures", f"the last seven days as a management report: file://{path}")

    def show_addresses(self, tracker_url: str) -> None:
        url = self._hub.url
        self._screen.plain()
        self._screen.plain(f"  API documentation   {url}/docs")
        self._screen.plain(f"  the report          {url}{V5}/serviceProblem/{self._problem['id']}")
        self._screen.plain(f"  its history         {url}{V5}/serviceProblemEventRecord")
        self._screen.plain(f"  console             {url}/console/")
        self._screen.plain(f"  delivery log        {url}{OPERATIONS}/deliveries")
        self._screen.plain(f"  management reports  {url}{OPERATIONS}/managementReport")
        self._screen.plain(f"  sources             {url}{OPERATIONS}/sources")
        self._screen.plain(f"  Roundup             {tracker_url} (admin / {PASSWORD})")

    def _wait_for_events(self, count: int) -> None:
        self._until(f"{count} notifications", lambda: len(self.listener.received) >= count)

    def _until(self, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN
        while not done():
            self._hub.refuse_dead()
            if time.monotonic() > deadline:
                raise NotArrived(f"not within {WITHIN:.0f} s: {what}")
            time.sleep(0.05)


def _wait_for_the_end() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return
