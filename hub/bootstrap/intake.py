"""The door for tickets: a poller for each source that is switched on."""

from hub.bootstrap.parts import Parts
from hub.intake.configured import mapping_folders
from hub.intake.poller import Poller, make_poller
from hub.problems.sources import SourceRules


def make_pollers(parts: Parts, rules: SourceRules) -> list[Poller]:
    settings = parts.settings
    return [
        make_poller(
            name,
            source,
            store=parts.store,
            rules=rules,
            clock=parts.clock,
            intake_settings=settings.intake,
            mapping_folders=mapping_folders(settings),
            tracing=parts.tracing,
        )
        for name, source in settings.sources.items()
        if source.enabled
    ]
