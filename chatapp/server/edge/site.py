"""What the server has for browsers: the answer to each path."""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.server import refusals
from chatapp.server.edge.answers import HTML, NOT_KEPT, Answer, sentence
from chatapp.server.edge.clients_page import Shown, clients_page
from chatapp.server.edge.files import FOLDER, INDEX, MANIFEST, SERVICE_WORKER, File, Files
from chatapp.server.services import Services

WEBSOCKET_PATH = "/ws"
METHODS = "GET, HEAD"

_FOR_EVER = ("Cache-Control", "public, max-age=31536000, immutable")  # the path of a file changes with its content
_VARIES = ("Vary", "Accept-Encoding")
_GZIP = re.compile(r"(?:^|[ \t,])gzip(?![ \t]*;[ \t]*q=0(?:\.0*)?[ \t]*(?:,|$))", re.IGNORECASE)


class Asked(NamedTuple):
    """What a request asks for: ``path`` without the query, and host and port as the browser knows the server."""

    path: str
    host: str
    port: int
    tls: bool
    encodings: str  # the value of Accept-Encoding, or empty


class Site:
    """The pages and files of one server. The files are read when the object is made."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = Files(FOLDER)

    def answer(self, asked: Asked) -> Answer:
        """Return the answer to a GET request."""
        path = asked.path
        if path in ("/", "/index.html"):
            index = self._files.named(INDEX)
            return self._clients(asked) if index is None else _of_file(index, asked, NOT_KEPT)
        if path == "/clients":
            return self._clients(asked)
        if path == "/healthz":
            return Answer(200, b"ok\n")
        if path in (f"/{MANIFEST}", f"/{SERVICE_WORKER}"):  # a worker is at "/", as it serves the page, which is there
            file, kept = self._files.named(path[1:]), NOT_KEPT
        else:
            file, kept = self._files.at(path), _FOR_EVER
        return sentence(404, refusals.NOTHING_HERE) if file is None else _of_file(file, asked, kept)

    def _clients(self, asked: Asked) -> Answer:
        services = self._services
        shown = Shown(
            network=services.config.network_name,
            host=asked.host,
            port=asked.port,
            keys=services.keys(),
            tls=asked.tls or services.config.plaintext != "any",
            sign_up=services.settings.sign_up,
            in_browser=self._files.named(INDEX) is not None,
            assets=self._files.assets,
        )
        return Answer(200, clients_page(shown).encode(), HTML)


def _of_file(file: File, asked: Asked, kept: tuple[str, str]) -> Answer:
    """Return the answer that is a file, compressed if the browser takes that."""
    if not file.gzipped:
        return Answer(200, file.content, file.kind, (kept,))
    if _GZIP.search(asked.encodings):
        return Answer(200, file.gzipped, file.kind, (kept, _VARIES, ("Content-Encoding", "gzip")))
    return Answer(200, file.content, file.kind, (kept, _VARIES))
