"""Pages of a list: counts and links in the headers, as TMF630 names them."""

from collections.abc import Sequence
from urllib.parse import quote

Headers = tuple[tuple[str, str], ...]


def page_headers(
    url: str, pairs: Sequence[tuple[str, str]], *, offset: int, limit: int, returned: int, total: int
) -> Headers:
    """X-Total-Count, X-Result-Count, and Link for a page; `pairs` are the other parts of the query."""
    counts = (("X-Total-Count", str(total)), ("X-Result-Count", str(returned)))
    if limit <= 0:
        return counts
    places = {"self": offset, "first": 0}
    if offset > 0:
        places["prev"] = max(0, offset - limit)
    if offset + limit < total:
        places["next"] = offset + limit
    places["last"] = max(0, (total - 1) // limit * limit) if total else 0
    kept = "".join(f"{quote(name)}={quote(value)}&" for name, value in pairs if name not in ("offset", "limit"))
    links = [f'<{url}?{kept}offset={place}&limit={limit}>; rel="{name}"' for name, place in places.items()]
    return (*counts, ("Link", ", ".join(links)))
