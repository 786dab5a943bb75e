"""The `traceparent` of W3C Trace Context: which trace a request belongs to, and which step of it sent the request."""

import re

NAME = "traceparent"
FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


def read_traceparent(text: str) -> str | None:
    """The header's value in version 00; None for one that says nothing, which is then as if it were not there.

    A later version may have more at its end, which is left out.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        return None
    version, trace, step, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or int(trace, 16) == 0 or int(step, 16) == 0:
        return None
    return f"00-{trace}-{step}-{flags}"
