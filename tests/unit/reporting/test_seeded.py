"""A whole account of reports drawn from a seed: every figure and row, to the last digit, is what it always was."""

from dataclasses import asdict, replace
from hashlib import sha256
from random import Random

import orjson

from hub.reporting.account import Account, account, digest, to_bytes
from hub.reporting.calendars import DAY, Calendar
from hub.reporting.dimensions import NAMES
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.policies import Clock, Policies, SlaPolicy
from hub.reporting.timelines import Timeline
from tests.unit.reporting.example import BERLIN, MARCH, POLICY

REPORTS = 300
STATES = ("acknowledged", "inProgress", "pending", "held", "resolved", "closed", "cancelled", "rejected")
FIGURES = "678c0be9a5cda00c747e26baba5cd380366f8ac13481944e39be14b874732393"
"""SHA-256 of the figures and the rows. Who means to change a figure changes this, and tells the users."""

NIGHT = Calendar(name="night", zone="Europe/Berlin", hours={day: ((1320, 360),) for day in range(7)})
POLICIES = Policies(
    [
        POLICY,
        replace(POLICY, version="2026-03-10", begin=MARCH.begin + 9 * DAY, stops=frozenset({"pending", "held"})),
        SlaPolicy(
            name="one",
            version="1",
            begin=0,
            customer="c1",
            clock=Clock.BUSINESS,
            calendar=NIGHT,
            restore={"other": 5 * HOUR},
        ),
        SlaPolicy(
            name="line", version="1", begin=0, service="s2", clock=Clock.GROSS, restore={"other": 20 * HOUR}
        ),
    ]
)
QUESTION = replace(
    MARCH,
    service_hours=BERLIN,
    maintenance={"s3": [(MARCH.begin + DAY, MARCH.begin + 2 * DAY)]},
    listed=5,
)


def drawn(random: Random, number: int) -> Timeline:
    opened = MARCH.begin - 40 * DAY + random.randrange(70 * DAY)
    begins, states = [opened], [random.choice(("acknowledged", "acknowledged", "notObserved", "inProgress"))]
    for _ in range(random.randrange(8)):
        state = random.choice(STATES[:6] * 3 + STATES)
        begin = begins[-1] + random.choice((0, 15 * MINUTE, 4 * HOUR, random.randrange(4 * DAY)))
        if state != states[-1] and begin < MARCH.end:
            begins.append(begin)
            states.append(state)
    taken = [
        at
        for at, state in zip(begins, states, strict=True)
        if state not in ("notObserved", *STATES[:1], *STATES[6:])
    ]
    few, many = random.randrange(6), random.randrange(40)
    said = {
        "customer": (f"c{few}",),
        "service": (f"s{many}", f"s{many + 1}") if many % 7 == 0 else (f"s{many}",) if many % 5 else ("unknown",),
        "severity": (str(1 + few % 3),),
        "cause": (f"k{many % 8}",),
    }
    return Timeline(
        id=f"R{number:03}",
        opened=opened,
        acknowledged=taken[0] if taken else None,
        begins=tuple(begins),
        states=tuple(states),
        parties=tuple(random.choice("abc") for _ in range(random.randrange(4))),
        values=tuple(said.get(name, ("unknown",)) for name in NAMES),
        affected=random.choice((0, 3, 7)),
        irregular=random.choice((0, 0, 1)),
        disordered=random.choice((0, 0, 2)),
    )


def made() -> Account:
    random = Random(7)
    timelines = [drawn(random, number) for number in range(REPORTS)]
    return account(timelines, QUESTION, recorded=QUESTION.as_of, policies=POLICIES, breakdowns=NAMES)


def test_every_figure_is_what_it_was() -> None:
    found = made()
    told = {"figures": [asdict(one) for one in found.figures], "rows": [asdict(one) for one in found.rows]}
    assert sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest() == FIGURES


def test_the_digest_is_that_of_the_whole_account() -> None:
    found = made()
    assert to_bytes(found) == orjson.dumps(found, option=orjson.OPT_SORT_KEYS)
    assert digest(found) == sha256(to_bytes(found)).hexdigest()
