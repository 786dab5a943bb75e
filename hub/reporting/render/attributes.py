"""What a late record changed of its report, in words: old → new of what the audience may see."""

from hub.model.times import from_text, to_micros
from hub.reporting.dimensions import NOT_SEEN
from hub.reporting.edits import OPENED, Edit, Edits, Said
from hub.reporting.render.numbers import moment
from hub.reporting.render.showing import Showing


def attributes(edits: Edits | None, showing: Showing, zone: str) -> str:
    """ "" of a record that changed no attribute.

    A dimension that is hidden, and an attribute that no figure reads, is "other attributes"; who sees every report and
    every dimension is told the names of the latter.
    """
    if edits is None:
        return ""
    words, audience = showing.words, showing.audience
    told = [one for one in edits.told if one.name not in audience.hidden]
    found = [
        f"{words(one.name)}: {_side(one, one.before, showing, zone)} → {_side(one, one.after, showing, zone)}"
        for one in told
    ]
    if not audience.hidden and not audience.only:
        found += edits.others
    elif edits.others or len(told) < len(edits.told):
        found.append(words("other attributes"))
    return "; ".join(found)


def _side(one: Edit, said: Said | None, showing: Showing, zone: str) -> str:
    if said is None:
        return showing.words(NOT_SEEN)
    if one.name == OPENED:
        said = tuple(moment(to_micros(from_text(text)), zone) for text in said)
    return ", ".join(map(showing.words, said)) or "–"
