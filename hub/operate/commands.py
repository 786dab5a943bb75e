"""The operator's commands."""

import click

from hub.operate.constraints import constraints
from hub.operate.deliveries import coverage, deliveries
from hub.operate.lists import erase, lists
from hub.operate.reports import reports
from hub.operate.sources import sources
from hub.operate.subscriptions import recover, recoveries, replay, subscriptions
from hub.operate.write_backs import write_backs

COMMANDS: tuple[click.Command, ...] = (
    subscriptions,
    deliveries,
    recover,
    replay,
    recoveries,
    coverage,
    constraints,
    lists,
    sources,
    write_backs,
    erase,
    reports,
)
