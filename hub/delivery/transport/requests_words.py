"""What went wrong with `requests`, in the words of the system or of TLS, without what the libraries put around them."""

import re
import ssl
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

from hub.delivery.shortage import causes
from hub.delivery.transport.requests_line import RefusedAddress

OF_PYTHON = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")
"""How Python's own text of an error of TLS begins and ends."""


def words_of(error: BaseException) -> str:
    """Without the path of the URL and without what came, which may hold a secret: the libraries quote both."""
    for cause in causes(error):
        match cause:
            case RefusedAddress():
                return str(cause)
            case RemoteDisconnected():
                return "the connection was closed before an answer"
            case BadStatusLine():
                return "the answer does not begin as one of HTTP"
            case IncompleteRead():
                return "the connection was closed before the end of the answer"
            case ssl.SSLError():
                return OF_PYTHON.sub("", str(cause.args[-1])) if cause.args else "a failure of TLS"
            case OSError() if cause.errno and cause.strerror:
                return cause.strerror
    *_, innermost = causes(error)
    return str(innermost)
