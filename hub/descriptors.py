"""How many files and connections this process may have open: as many as the system grants, and a word when too few."""

import resource

from hub.delivery.shortage import RESERVE
from hub.settings import Settings
from hub.telemetry import logger

log = logger("hub.serve")

EACH = 2
"""Descriptors that a delivery over TLS takes while it is in flight."""


def make_room(settings: Settings) -> None:
    """Raises this process's limit to what the system allows it; warns when that is less than it may need."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        except (OSError, ValueError) as error:  # "unlimited" is more than the kernel gives to any process
            log.info("hub.descriptors_kept", limit=allowed, error=str(error))
        else:
            allowed = most
    wanted = RESERVE + (EACH * settings.delivery.in_flight_total if "delivery" in settings.server.roles else 0)
    if resource.RLIM_INFINITY != allowed < wanted:
        log.warning(
            "hub.few_descriptors",
            limit=allowed,
            wanted=wanted,
            advice=f"raise the limit of open files to {wanted}, or lower [delivery] in_flight_total",
        )
