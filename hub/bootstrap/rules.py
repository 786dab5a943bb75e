"""The rules of reports and of tasks, which hold every document against the contract."""

from collections.abc import Callable

from hub.api.extensions import Extensions
from hub.api.schemas import compile_schema, errors_of
from hub.api.type_names import type_filler
from hub.bootstrap.contracts import Contracts
from hub.bootstrap.parts import Parts
from hub.errors import Violation
from hub.faces import v4
from hub.model.problem import Document
from hub.model.task import TaskKind
from hub.problems.form import Form
from hub.problems.keeper import Keeper
from hub.problems.rules import ProblemRules, problem_rules
from hub.problems.tasks import TaskRules


def report_rules(parts: Parts) -> ProblemRules:
    fill_types = type_filler(parts.contracts.v5, "ServiceProblem")
    form = Form(
        check=check_report(parts.contracts, parts.extensions),
        complete=lambda document: parts.extensions.completed(fill_types(v4.wrapped(document))),
    )
    return problem_rules(
        clock=parts.clock,
        new_id=parts.new_id,
        form=form,
        letterhead=parts.letterhead(),
        write_back={name: one.write_back for name, one in parts.settings.sources.items() if one.write_back},
    )


def task_rules(parts: Parts, keeper: Keeper) -> TaskRules:
    return TaskRules(
        keeper=keeper,
        clock=parts.clock,
        new_id=parts.new_id,
        complete={kind: type_filler(parts.contracts.v5, kind.type_name) for kind in TaskKind},
        letterhead=parts.letterhead(),
    )


def check_report(contracts: Contracts, extensions: Extensions) -> Callable[[Document], list[Violation]]:
    """Holds a whole report against the contract's schema for a new one, and against that of its own type."""
    validator = compile_schema(contracts.v5, {"$ref": "#/components/schemas/ServiceProblem_FVO"})

    def check(document: Document) -> list[Violation]:
        violations = [] if validator.is_valid(document) else errors_of(validator, document)
        return violations + extensions.violations(document)

    return check
