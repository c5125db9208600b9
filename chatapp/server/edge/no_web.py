"""The answer to every HTTP request when the server runs with ``--no-web``."""

from __future__ import annotations

from chatapp.server import refusals
from chatapp.server.edge.answers import last_words, sentence
from chatapp.server.edge.one_shot import OneShot

_ANSWER = sentence(404, refusals.NO_WEB)


class NoWeb(OneShot):
    """Answers as soon as an HTTP method has arrived, whatever follows it, and closes."""

    def process(self, data: bytes) -> None:
        """Answer."""
        self.answer(last_words(_ANSWER, self.services.clock_ms()))
