"""The faces, and the languages in which lists and registrations are asked at each of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from hub.api.attributes import problem_attributes
from hub.api.extensions import BASE, load_extensions
from hub.api.listing import Collection, Lists, read_query
from hub.api.render import Face
from hub.api.render_v4 import FaceV4
from hub.bootstrap.contracts import PATHS
from hub.bootstrap.parts import Parts
from hub.bootstrap.rules import check_report
from hub.faces import EVENT_CONTENT, EVENT_ENVELOPES, EVENT_TYPES, V3, V4, V5
from hub.query.attributes import ANY, Attributes
from hub.query.event_paths import EVERYTHING_TOLD, Told
from hub.query.hub_query import parse_hub_query
from hub.query.list_query import ListQuery
from hub.settings import Settings
from hub.subscriptions.registration import ParseQuery


def make_faces(parts: Parts) -> dict[str, Face]:
    """{name: face}; that of v3 is there for its listeners, and served where the settings ask for it."""
    base_url, r18_names = parts.settings.server.base_url, parts.settings.api.r18_names
    check = check_report(parts.contracts, load_extensions(""))
    return {
        V5: Face(base_url + PATHS[V5]),
        V4: FaceV4(base_url + PATHS[V4], kept_url=base_url + PATHS[V5], check=check, r18_names=r18_names),
        V3: FaceV4(base_url + PATHS[V3], kept_url=base_url + PATHS[V5], check=check, r18_names=True, name=V3),
    }


def report_attributes(parts: Parts) -> Attributes:
    """The attributes of a report, of its registered subclasses too."""
    known = problem_attributes(parts.contracts.v5, parts.extensions.properties())
    return known.of_types(BASE, *parts.extensions.names())


def asked(attributes: Attributes, face: Face) -> Attributes:
    """The attributes that clients of a face may ask for."""
    known = attributes.without(*face.unknown_names).with_more(dict.fromkeys(face.older_names, ANY))
    for path, kept_as in face.kept_values.items():
        known = known.with_kept(path, kept_as)
    return replace(known, elsewhere=face.other_paths) if known.closed else known


def query_reader(attributes: Attributes, faces: Mapping[str, Face]) -> ParseQuery:
    """Reads the query of a registration in the language of the face that is named first.

    Where the attributes are not closed, a query that was accepted before is read again: nothing in it is refused.
    """
    readers = {
        name: partial(
            parse_hub_query,
            attributes=asked(attributes, face),
            translate=face.path,
            address=face.address,
            told=_told(name) if attributes.closed else EVERYTHING_TOLD,
        )
        for name, face in faces.items()
    }
    return lambda face, text: readers[face](text)


def _told(face: str) -> Told:
    content, envelope = EVENT_CONTENT[face], EVENT_ENVELOPES[face]
    return Told(
        types=EVENT_TYPES[face],
        content=EVERYTHING_TOLD.content if content is None else content,
        envelope=EVERYTHING_TOLD.envelope if envelope is None else envelope,
    )


def list_reader(settings: Settings, attributes: Attributes) -> Callable[[str], ListQuery]:
    """Reads the query string of a list of reports. What it gives raises InvalidInput or Unsupported."""
    url = f"{settings.server.base_url}{PATHS[V5]}/serviceProblem"
    collection = Collection(url=url, attributes=attributes.without("href"))
    return lambda text: read_query(text.encode(), collection)


def make_lists(settings: Settings) -> Lists:
    return Lists(page_maximum=settings.api.page_maximum, partial_content=settings.api.partial_content)
