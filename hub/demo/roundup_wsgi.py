"""Serves a Roundup tracker over HTTP: `python roundup_wsgi.py TRACKER_HOME LISTENING_SOCKET_FD`.

It runs in Roundup's own virtual environment and knows nothing of the hub. Roundup's `roundup-server` refuses to
run as root, which is what one often is in a container; its WSGI interface has no such limit.
"""

import os
import socket
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from roundup.cgi.wsgi_handler import RequestDispatcher


class Server(ThreadingMixIn, WSGIServer):
    """A threaded server on a socket that already listens."""

    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = listener.getsockname()
        self.setup_environ()


class Handler(WSGIRequestHandler):
    """Without a line on stderr for each request."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def end_with_the_parent() -> None:
    """The parent holds our standard input open; when it dies, however it dies, so do we."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    server = Server(socket.socket(fileno=int(sys.argv[2])))
    server.set_app(RequestDispatcher(sys.argv[1], debug=False))
    server.serve_forever()
