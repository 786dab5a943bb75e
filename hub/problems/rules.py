"""The rules of a report, by who changes it."""

from dataclasses import dataclass

from hub.model.ids import NewId
from hub.model.times import Clock
from hub.problems.clients import ClientRules
from hub.problems.envelope import Letterhead
from hub.problems.form import Form
from hub.problems.imports import ImportRules
from hub.problems.keeper import Keeper
from hub.problems.sources import SourceRules
from hub.problems.write_back import Wanted


@dataclass(frozen=True, kw_only=True)
class ProblemRules:
    clients: ClientRules
    sources: SourceRules
    imports: ImportRules
    keeper: Keeper


def problem_rules(
    *, clock: Clock, new_id: NewId, form: Form, letterhead: Letterhead, write_back: Wanted | None = None
) -> ProblemRules:
    """`write_back` says which changes go back to which source."""
    keeper = Keeper(new_id=new_id, letterhead=letterhead, write_back=write_back)
    return ProblemRules(
        clients=ClientRules(clock=clock, form=form, keeper=keeper, letterhead=letterhead),
        sources=SourceRules(clock=clock, form=form, keeper=keeper),
        imports=ImportRules(clock=clock, form=form, keeper=keeper),
        keeper=keeper,
    )
