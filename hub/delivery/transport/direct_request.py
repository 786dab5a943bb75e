"""A request as bytes: what is the same for every request to a URL is written once."""

from hub.delivery.transport.port import Outgoing
from hub.subscriptions.callback import Target


class BadRequest(ValueError):
    """A header field that would be read as more than one."""


def start_of(target: Target) -> str:
    """The request line and the fields that all requests to a URL share."""
    path = target.url.removeprefix(f"{target.scheme}://{target.place}")
    return f"POST {path} HTTP/1.1\r\nhost: {target.place}\r\naccept-encoding: identity\r\n"


def written(start: str, outgoing: Outgoing) -> bytes:
    """Raises BadRequest."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in outgoing.headers])
    if fields.count("\n") != len(outgoing.headers) or fields.count("\r") != len(outgoing.headers):
        raise BadRequest("a header field of the request holds the end of a line")
    body = outgoing.body
    return f"{start}{fields}content-length: {len(body)}\r\n\r\n".encode() + body
