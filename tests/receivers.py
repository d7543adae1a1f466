"""Who receives alerts in tests: a mail server, a webhook, and one that takes the call and never says a word."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from threading import Thread

# What a receiver has got: subject and text of each message.
Received = list[tuple[str, str]]


@contextmanager
def mail_server(received: Received) -> Iterator[int]:
    """The port of a mail server that takes each mail."""

    class Session(StreamRequestHandler):
        def handle(self) -> None:
            self.say(b"220 here")
            while words := self.rfile.readline().strip().upper():
                if words == b"DATA":
                    self.say(b"354 go on")
                    take(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.say(b"250 good")
                if words == b"QUIT":
                    return

        def say(self, words: bytes) -> None:
            self.wfile.write(words + b"\r\n")

    def take(mail: bytes) -> None:
        message = message_from_bytes(mail, policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        received.append((str(message["Subject"]), text.get_content()))

    with _listening(ThreadingTCPServer(("127.0.0.1", 0), Session)) as port:
        yield port


@contextmanager
def webhook(received: Received) -> Iterator[int]:
    """The port of a server that takes each message posted to it."""

    class Session(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append((said["title"], said["message"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with _listening(HTTPServer(("127.0.0.1", 0), Session)) as port:
        yield port


@contextmanager
def mute() -> Iterator[int]:
    """The port of one that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def _listening(server: TCPServer) -> Iterator[int]:
    with server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
