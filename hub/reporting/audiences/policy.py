"""How the figures of a management report are made, where its definition chooses otherwise than is configured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from hub.model.problem import Document
from hub.reporting.policies import Clock
from hub.reporting.policy_schema import length_of
from hub.reporting.views import Question

MOST = 10
"""So many percentiles, or edges of bands, at most."""

LENGTH = validate.Regexp(r"[1-9][0-9]{0,3}[mhd]\Z", error="must be a length such as 15m, 4h or 3d, not {input!r}")
SOME = validate.Length(1, MOST, error=f"must have 1 to {MOST} entries, not {{input!r}}")
RISES = "must rise: each greater than the one before, not"


@dataclass(frozen=True, kw_only=True)
class ReportPolicy:
    """What is None, or (), is as configured. `ages` and `notify_within` are lengths such as 4h, as they were written.

    `clock` judges the targets to restore in place of the clock that was agreed; `jeopardy` is percent of a target.
    """

    clock: Clock | None = None
    percentiles: tuple[int, ...] = ()
    jeopardy: tuple[int, ...] = ()
    ages: tuple[str, ...] = ()
    notify_within: str | None = None
    listed: int | None = None

    def document(self) -> Document:
        """As people write it; what is not chosen is absent."""
        whole = {
            "clock": None if self.clock is None else self.clock.value,
            "percentiles": list(self.percentiles),
            "jeopardy": list(self.jeopardy),
            "ages": list(self.ages),
            "notifyWithin": self.notify_within,
            "listed": self.listed,
        }
        return {name: value for name, value in whole.items() if value}

    def of(self, question: Question) -> Question:
        """The question, as configured but for what is chosen."""
        within = self.notify_within
        return replace(
            question,
            clock=self.clock or question.clock,
            percentiles=self.percentiles or question.percentiles,
            jeopardy=self.jeopardy or question.jeopardy,
            ages=tuple(map(length_of, self.ages)) or question.ages,
            notify_within=question.notify_within if within is None else length_of(within),
            listed=self.listed or question.listed,
        )


AS_CONFIGURED = ReportPolicy()


def _rise(values: Sequence[int], given: object) -> None:
    if list(values) != sorted(set(values)):
        raise ValidationError(f"{RISES} {given!r}")


def _rising(numbers: list[int]) -> None:
    _rise(numbers, numbers)


def _rising_lengths(texts: list[str]) -> None:
    _rise([length_of(text) for text in texts], texts)


def _numbers(most: int) -> "fields.List[int]":
    one = fields.Integer(strict=True, validate=validate.Range(1, most))
    return fields.List(one, validate=[SOME, _rising])


class PolicySchema(Schema):
    clock = fields.Enum(Clock, by_value=True)
    percentiles = _numbers(99)
    jeopardy = _numbers(1000)
    ages = fields.List(fields.String(validate=LENGTH), validate=[SOME, _rising_lengths])
    notify_within = fields.String(validate=LENGTH, data_key="notifyWithin", attribute="notifyWithin")
    listed = fields.Integer(strict=True, validate=validate.Range(1, 500))


def policy_of(parts: Mapping[str, Any]) -> ReportPolicy:
    """Of a document that the schema has accepted."""
    return ReportPolicy(
        clock=Clock(parts["clock"]) if "clock" in parts else None,
        percentiles=tuple(parts.get("percentiles", ())),
        jeopardy=tuple(parts.get("jeopardy", ())),
        ages=tuple(parts.get("ages", ())),
        notify_within=parts.get("notifyWithin"),
        listed=parts.get("listed"),
    )
