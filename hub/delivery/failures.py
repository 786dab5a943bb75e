"""Failures in a row: when the people of a listener are warned, and when it is disabled."""

from dataclasses import dataclass, replace

from hub.model.standing import Standing

WARNINGS = (50, 70, 90)
"""The shares of the limit, in per cent, that are told before the end."""

DISABLED_AT = 100


@dataclass(frozen=True, kw_only=True)
class FailureRules:
    """A listener is disabled after `limit` failed attempts in a row (0: never) over at least `span` microseconds."""

    limit: int = 0
    span: int = 0


def failed(standing: Standing, now: int) -> Standing:
    since = now if standing.failing_since is None else min(standing.failing_since, now)
    return replace(standing, failures=standing.failures + 1, failing_since=since)


def share_of_limit(standing: Standing, now: int, rules: FailureRules) -> int:
    """How much of the limit is used up, in per cent: both of the attempts and of the time."""
    if not rules.limit or standing.failing_since is None:
        return 0
    shares = [standing.failures / rules.limit]
    if rules.span:
        shares.append((now - standing.failing_since) / rules.span)
    return min(DISABLED_AT, int(min(shares) * 100))


def warning_of(standing: Standing, share: int) -> int | None:
    """The warning that is due at this share of the limit, unless it or a higher one was given."""
    reached = max((one for one in (*WARNINGS, DISABLED_AT) if one <= share), default=0)
    return reached if reached > max(standing.warned, 0) else None


def succeeded(standing: Standing, began: int) -> Standing:
    """A success ends what the breaker wanted; and what the listener asked for, if the attempt began after it asked."""
    over = standing.probed or began > standing.held_from
    held_until = 0 if over else standing.held_until
    return replace(standing, failures=0, failing_since=None, warned=0, held_until=held_until, probed=False)
