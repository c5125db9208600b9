"""The answer to every HTTP request when the server runs with ``--no-web``."""

from __future__ import annotations

from chatapp.server import refusals
from chatapp.server.edge.answers import SECURITY, sentence
from chatapp.server.edge.one_shot import OneShot

_ANSWER = sentence(404, refusals.NO_WEB, closes=True)


class NoWeb(OneShot):
    """Answers as soon as an HTTP method has arrived, whatever follows it, and closes."""

    def data_received(self, data: bytes) -> None:
        """Answer (called by the event loop)."""
        fields = [
            ("Content-Type", _ANSWER.kind),
            ("Content-Length", str(len(_ANSWER.content))),
            *SECURITY,
            *_ANSWER.fields,
            ("Connection", "close"),
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.answer(f"HTTP/1.1 404 Not Found\r\n{head}\r\n".encode() + _ANSWER.content)
