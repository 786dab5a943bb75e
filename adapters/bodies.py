"""Reads the body of an answer, which may be larger than we hold, and slower than we wait."""

import time

import requests
from urllib3.exceptions import HTTPError

from hub.ports import Unavailable

CHUNK = 64 * 1024


def body_of(answer: requests.Response, path: str, *, limit: int, seconds: float) -> bytes:
    """The whole body of a streamed answer, unpacked.

    Raises Unavailable for one of more than `limit` bytes, and for one that is not whole after so many seconds: the
    timeout of requests begins anew with every byte. Raises requests.ConnectionError for one that breaks off.
    """
    body, end = bytearray(), time.monotonic() + seconds
    try:
        while chunk := answer.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise Unavailable(f"{path}: the answer is larger than {limit} bytes")
            if time.monotonic() > end:
                raise Unavailable(f"{path}: the answer is not whole after {seconds:g} s")
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    return bytes(body)
