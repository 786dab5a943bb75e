"""HTTP/1.1 as uvicorn reads it; what is not HTTP is answered with a TMF `Error`, too."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.api.messages import error_response
from hub.errors import InvalidInput, Violation


class Protocol(HttpToolsProtocol):
    def send_400_response(self, msg: str) -> None:
        """Called for bytes that are no request: no application has seen them, so the answer is written here."""
        response = error_response(InvalidInput(violations=[Violation(field="request", message=msg)]))
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json;charset=utf-8\r\n"
            f"content-length: {len(response.body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + response.body)
        self.transport.close()
