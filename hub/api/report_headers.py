"""What goes with a management report to who reads it, so that it goes no further and does nothing on the way."""

from hub.api.downloads import Headers
from hub.reporting.audiences.definition import Format

OF_PAGE = (
    "Content-Security-Policy",
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
)
"""A page has its own styles and drawings, and needs nothing else."""


def report_headers(form: str, *, by_link: bool = False) -> Headers:
    """Of a form; what is read by a link, which stands in its address, is kept nowhere."""
    kept = "private, no-store" if by_link else "private, no-cache"
    everywhere = (
        ("Cache-Control", kept),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return (*everywhere, OF_PAGE) if form == Format.HTML else everywhere
