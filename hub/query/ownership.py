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


def concerning(party: str, paths: Sequence[str], *, inside: tuple[str, ...] = ()) -> Condition:
    """The condition that a report names the party at one of the dotted `paths`; without paths none does.

    `inside` leads to the report in what is asked.
    """
    named = tuple(
        Comparison(path=(*inside, *path.split(".")), operator=Operator.EQ, values=(party,)) for path in paths
    )
    return named[0] if len(named) == 1 else Or(parts=named)
