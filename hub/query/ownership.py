"""Which reports concern a party."""

from collections.abc import Sequence

from hub.query.syntax import Comparison, Condition, Operator, Or

PARTY_PATHS = (
    "relatedParty.partyOrPartyRole.id",
    "originatorParty.partyOrPartyRole.id",
    "responsibleParty.partyOrPartyRole.id",
)
"""Where a v5 report names the parties that it concerns, unless the settings say otherwise."""

IN_EVENT = ("event", "serviceProblem")
"""Where the report stands in an event."""

OF_TASK = ("@party",)
"""Where the fan-out puts the party that made the task; no query reaches it, for no envelope has such a member."""


def told_to(party: str, paths: Sequence[str]) -> Condition:
    """The condition that an event is about a report that concerns the party, or about a task that it made."""
    of_report = concerning(party, paths, inside=IN_EVENT)
    of_task = Comparison(path=OF_TASK, operator=Operator.EQ, values=(party,))
    return Or(parts=(*(of_report.parts if isinstance(of_report, Or) else (of_report,)), of_task))


def concerning(party: str, paths: Sequence[str], *, inside: tuple[str, ...] = ()) -> Condition:
    """The condition that a report names the party at one of the dotted `paths`; without paths none does.

    `inside` leads to the report in what is asked.
    """
    named = tuple(
        Comparison(path=(*inside, *path.split(".")), operator=Operator.EQ, values=(party,)) for path in paths
    )
    return named[0] if len(named) == 1 else Or(parts=named)
