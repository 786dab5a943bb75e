"""What the settings of a source name, found and checked: its adapter and its mapping."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from hub import shipped
from hub.errors import InvalidSettings, Violation
from hub.intake.adapters import make_source
from hub.intake.mapping import FieldMapping
from hub.intake.mapping_file import failed_examples, load_mapping
from hub.intake.terms import WORDS
from hub.model.times import Clock, from_text, system_clock
from hub.ports import Check, Rings, Source, Writes, secret
from hub.settings import Settings, SourceSettings

GROUP = "qos_hub.mappings"
"""The group of entry points by which a package names the package that holds its mapping files."""

MAPPINGS = "[intake] mappings"
"""The setting that names the folder of the operator's own mappings."""


@dataclass(frozen=True, kw_only=True)
class CheckedSource:
    """A source whose settings are right; `answer` is what it says of itself, None when it was not asked."""

    mapping_files: tuple[Path, ...]
    mapping: FieldMapping
    answer: Check | None = None


def check_sources(settings: Settings, *, clock: Clock = system_clock) -> dict[str, CheckedSource]:
    """Make every source that is switched on, and its mapping, and throw them away.

    Raises InvalidSettings with what is wrong with all of them, before anything is made that stays.
    """
    if settings.intake.mappings:
        shipped_names = {file.stem for folder in shipped_folders() for file in folder.glob("*.yaml")}
        asked = {source.mapping_name for source in settings.sources.values()}
        refuse_stray_mappings(Path(settings.intake.mappings), shipped_names | asked)
    checked: dict[str, CheckedSource] = {}
    violations: list[Violation] = []
    for name, source in settings.sources.items():
        if not source.enabled:
            continue
        try:
            checked[name] = check_source(name, source, mapping_folders=mapping_folders(settings), clock=clock)
        except InvalidSettings as error:
            violations.append(Violation(field="", message=error.message))
    if violations:
        raise InvalidSettings(violations=violations)
    return checked


def check_source(
    name: str,
    source_settings: SourceSettings,
    *,
    mapping_folders: Sequence[Path],
    ask: bool = False,
    clock: Clock = system_clock,
) -> CheckedSource:
    """Make the source and its mapping, and speak to it if asked to.

    Raises InvalidSettings, also for a mapping whose own examples do not come out as they say, and SourceError for
    a source that does not answer well.
    """
    source = make_source(name, source_settings)
    mapping = find_mapping(name, source_settings, mapping_folders)
    _refuse_a_start_ahead(name, source_settings.backfill, clock())
    _refuse_what_cannot_be_written(name, source_settings, source, mapping)
    _refuse_a_ring_that_is_not_heard(name, source_settings, source)
    files = _files(source_settings, mapping_folders)
    for number, expected, rendered in failed_examples(mapping):
        message = f"example {number} of {files[-1]} gives {rendered.document}, not {expected}"
        raise InvalidSettings(violations=[Violation(field=f"[sources.{name}] mapping", message=message)])
    return CheckedSource(mapping_files=files, mapping=mapping, answer=source.check() if ask else None)


def _refuse_a_start_ahead(name: str, backfill: str, now: datetime) -> None:
    """The first pull would find nothing, and say that all is well. Raises InvalidSettings."""
    if backfill not in WORDS and from_text(backfill) > now:
        message = f"{backfill} lies ahead of our clock, which says {now.isoformat()}: no ticket has changed since"
        raise InvalidSettings(
            violations=[Violation(field=f"[sources.{name}] backfill", value=backfill, message=message)]
        )


def _refuse_what_cannot_be_written(
    name: str, source_settings: SourceSettings, source: Source, mapping: FieldMapping
) -> None:
    """Each change would be kept and tried, and be dead in the end. Raises InvalidSettings."""
    wanted, message = source_settings.write_back, ""
    if wanted and not isinstance(source, Writes):
        adapter = source_settings.adapter
        message = f"the adapter {adapter!r} cannot write into its system; those that can say so in their README"
    elif "status" in wanted and not mapping.words:
        message = (
            f"the mapping {source_settings.mapping_name!r} has no words to write a status in (`write.status`)"
        )
    if message:
        field = f"[sources.{name}] write_back"
        raise InvalidSettings(violations=[Violation(field=field, value=list(wanted), message=message)])


def _refuse_a_ring_that_is_not_heard(name: str, source_settings: SourceSettings, source: Source) -> None:
    """The system would ring, and each ring be refused. Raises InvalidSettings."""
    rung = source.ring_secret if isinstance(source, Rings) else None
    message = "" if rung is None else _unheard(rung, source_settings.wake_secret)
    if message:
        raise InvalidSettings(violations=[Violation(field=f"[sources.{name}] wake_secret", message=message)])


def _unheard(rung: str, reference: str) -> str:
    """Why nobody hears a ring with this secret where that of the reference is waited for; empty where it is heard."""
    if not reference:
        return "nobody can ring without it: name the secret of ring.secret here, too (it is '')"
    try:
        if secret(reference) == rung:
            return ""
    except ValueError as error:
        return str(error)
    # The arguments of a command may be secrets.
    shown = "command:…" if reference.startswith("command:") else reference
    return f"it is another secret than that of ring.secret, so that every ring would be refused (it is {shown!r})"


def find_mapping(name: str, source_settings: SourceSettings, folders: Sequence[Path]) -> FieldMapping:
    """The mapping of the first folder that has it, with that of a later folder laid over it.

    Raises InvalidSettings when no folder has it, or when it is wrong.
    """
    files = _files(source_settings, folders)
    if not files:
        known = sorted({file.stem for folder in folders for file in folder.glob("*.yaml")})
        wanted = source_settings.mapping_name
        message = f"there is no mapping {wanted!r} in {_joined(folders)}; there are: {', '.join(known) or 'none'}"
        field = f"[sources.{name}] mapping"
        raise InvalidSettings(violations=[Violation(field=field, value=wanted, message=message)])
    return load_mapping(files[0], files[-1] if len(files) > 1 else None)


def refuse_stray_mappings(folder: Path, known: Collection[str]) -> None:
    """Refuse a folder of the operator's own mappings that is not there, and each file in it that nothing would read.

    `known` are the names of the mappings that sources ask for and of those that are shipped. Raises InvalidSettings.
    """
    if not folder.is_dir():
        raise InvalidSettings(
            violations=[
                Violation(field=MAPPINGS, value=str(folder), message=f"there is no folder {str(folder)!r}")
            ]
        )
    strays = sorted(file for file in folder.glob("*.yaml") if file.stem not in known)
    if strays:
        names = ", ".join(sorted(known)) or "none"
        message = f"no source asks for this mapping, and none of this name is shipped; it could be: {names}"
        raise InvalidSettings(
            violations=[Violation(field=f"{MAPPINGS} {file}", value=file.stem, message=message) for file in strays]
        )


def _files(source_settings: SourceSettings, folders: Sequence[Path]) -> tuple[Path, ...]:
    """The mapping's files: the shipped one, the operator's own, or both in this order."""
    wanted = f"{source_settings.mapping_name}.yaml"
    return tuple(folder / wanted for folder in folders if (folder / wanted).is_file())


def _joined(folders: Sequence[Path]) -> str:
    return " or ".join(str(folder) for folder in folders)


def mapping_folders(settings: Settings) -> tuple[Path, ...]:
    """Where mapping files are looked for: in the shipped folders, then in the operator's own."""
    own = (Path(settings.intake.mappings),) if settings.intake.mappings else ()
    return (*shipped_folders(), *own)


def shipped_folders() -> tuple[Path, ...]:
    """The folder of our own mappings, and the packages in which others ship mappings with their adapters."""
    specs = (find_spec(entry.value) for entry in entry_points(group=GROUP))
    places = {place: None for spec in specs if spec for place in spec.submodule_search_locations or ()}
    return (shipped.config_dir() / "sources", *map(Path, places))
