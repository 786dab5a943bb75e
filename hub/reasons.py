"""Why a request failed, in the words of the system or of TLS, without what the libraries put around them."""

import re
import ssl
from collections.abc import Iterator
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

OF_PYTHON = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")
"""How Python's own text of an error of TLS begins and ends."""
WORDS = {
    RemoteDisconnected: "the connection was closed before an answer",
    BadStatusLine: "the answer does not begin as one of HTTP",
    IncompleteRead: "the connection was closed before the end of the answer",
    TimeoutError: "no answer in time",
}
"""Of errors that say it in words for programmers; the first is one of the second, too."""


def words_of(error: BaseException, *, ours: tuple[type[BaseException], ...] = ()) -> str:
    """Without the path of the URL and without what came, which may hold a secret: the libraries quote both.

    An error of one of `ours` has the words already.
    """
    for cause in causes(error):
        words = str(cause) if isinstance(cause, ours) else _words(cause)
        if words is not None:
            return words
    *_, innermost = causes(error)
    return str(innermost)


def _words(cause: BaseException) -> str | None:
    match cause:
        case ssl.SSLError():
            return OF_PYTHON.sub("", str(cause.args[-1])) if cause.args else "a failure of TLS"
        case OSError() if cause.errno and cause.strerror:
            return cause.strerror
        case UnicodeEncodeError():
            return f"the request has letters that {cause.encoding} cannot write"
    return next((words for kind, words in WORDS.items() if isinstance(cause, kind)), None)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that is wrapped in it: libraries put a reason into arguments or into a name of its own."""
    yield error
    for part in (*error.args, getattr(error, "reason", None), error.__cause__):
        if isinstance(part, BaseException):
            yield from causes(part)
