"""Takes out of a result what was secret in its request: some listeners send back what they were sent."""

from hub.delivery.transport.port import SendResult
from hub.redaction import Redaction


def redacted(result: SendResult, hidden: Redaction) -> SendResult:
    """The result without these texts in any usual writing, also where the limit of the body cuts one off."""
    # Most answers say nothing.
    if not (result.body or result.headers or result.error_text):
        return result
    body = hidden(result.body.decode("utf-8", "surrogateescape"), cut=True)
    return result._replace(
        body=body.encode("utf-8", "surrogateescape"),
        headers=tuple((hidden(name), hidden(value)) for name, value in result.headers),
        error_text=result.error_text and hidden(result.error_text),
    )
