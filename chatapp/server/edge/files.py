"""The files of the web page as they are served, read once, with the name under which browsers keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import chatapp
from chatapp.server.edge.answers import HTML
from chatapp.server.edge.names import shortened
from chatapp.server.edge.scripts import LATER, MAIN, joined

FOLDER = Path(chatapp.__file__).parent / "web"
INDEX, MANIFEST, SERVICE_WORKER = "index.html", "manifest.webmanifest", "sw.js"

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": HTML,
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_HASH_CHARS = 16
_ASSETS = b"{{assets}}"  # stands for the path of the files, in these three
# What a browser does not need of a style sheet: lines of comments, and spaces beside signs.
_COMMENT = re.compile(rb"^/\*.*\*/\n", re.MULTILINE)
_SPACE = re.compile(rb"[ \t\n]*([{};,])[ \t\n]*|(?<=:) ")


class File(NamedTuple):
    """One file; ``gzipped`` is empty if compression gains nothing."""

    content: bytes
    gzipped: bytes
    kind: str


class Files:
    """All files of the page. ``assets`` is the path under which browsers find them: it has a hash of all contents."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the files of ``folder`` whose kind is known; there are none if the folder does not exist."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in _KINDS and path.is_file())
        contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        digest = hashlib.sha256()
        for name, content in contents.items():
            digest.update(b"%s %d\n" % (name.encode(), len(content)) + content)
        self.assets = f"/assets/{digest.hexdigest()[:_HASH_CHARS]}"
        modules = {name: content.decode() for name, content in contents.items() if name.endswith(".js")}
        scripts = joined(modules)
        scripts |= shortened({name: scripts[name] for name in (MAIN, LATER) if name in scripts})
        served = {name: content for name, content in contents.items() if name not in modules}
        served |= {name: text.encode() for name, text in scripts.items()}
        self._files = {name: self._file(name, content) for name, content in served.items()}

    def _file(self, name: str, content: bytes) -> File:
        if name in (INDEX, MANIFEST, SERVICE_WORKER):
            content = content.replace(_ASSETS, self.assets.encode())
        suffix = Path(name).suffix
        if suffix == ".css":
            content = _SPACE.sub(rb"\1", _COMMENT.sub(b"", content)).replace(b";}", b"}")
        gzipped = gzip.compress(content, mtime=0)
        return File(content, gzipped if len(gzipped) < len(content) else b"", _KINDS[suffix])

    @property
    def all(self) -> Mapping[str, File]:
        """All files by their names."""
        return self._files

    def named(self, name: str) -> File | None:
        """Return a file by its name; ``None`` if there is none."""
        return self._files.get(name)

    def at(self, path: str) -> File | None:
        """Return the file with a path below ``assets``; ``None`` for another hash or name."""
        name = path.removeprefix(f"{self.assets}/")
        return self._files.get(name) if name != path else None
