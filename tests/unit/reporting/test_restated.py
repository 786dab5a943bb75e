"""What a restated report lists as changed: figures whose value is another one, and no others."""

from dataclasses import replace

from hub.reporting.account import Account
from hub.reporting.audiences.audience import Audience
from hub.reporting.figures import Figure
from hub.reporting.render.changes import restated
from hub.reporting.render.showing import Showing
from hub.reporting.render.words import BY_LANGUAGE
from hub.reporting.restatement import restatement
from tests.unit.reporting.example import march

SLA = ("slaCompliance", (), "")


def other(account: Account, **changes: float) -> Account:
    def changed(one: Figure) -> Figure:
        return replace(one, **changes) if one.key == SLA else one  # type: ignore[arg-type]

    return replace(account, figures=tuple(map(changed, account.figures)))


def listed(before: Account, after: Account) -> list[tuple[str, object, object]]:
    audience = Audience(name="operations", title="Operations")
    showing = Showing(words=BY_LANGUAGE[audience.language], audience=audience, withheld=frozenset(), numbers={})
    found = restated(restatement(before, after, ()), "first", showing, ("slaCompliance",))
    assert found.summary.startswith(f"{len(found.changes)} figures")
    return [(one.metric, one.before, one.after) for one in found.changes]


def test_a_figure_of_another_value_is_listed() -> None:
    assert listed(march(), other(march(), value=50.0)) == [("slaCompliance", 40, 50)]


def test_a_figure_of_the_same_value_is_not_whatever_it_was_made_of() -> None:
    assert listed(march(), other(march(), n=10, numerator=4, denominator=10)) == []
