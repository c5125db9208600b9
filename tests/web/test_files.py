"""What the files of the page may be: small, without inline code, and safe by construction."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import chatapp
from chatapp.client.fronts.commands import COMMANDS
from chatapp.client.fronts.commands_json import exported
from chatapp.server.edge.files import Files

WEB = Path(chatapp.__file__).parent / "web"
FILES = sorted(path for path in WEB.rglob("*") if path.is_file() and path.suffix not in (".md", ".py", ".pyc"))
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
PURE = [path for path in SCRIPTS if path.read_text().startswith("// Pure:")]
AT_FIRST_BYTES_MAX, BYTES_MAX = 117_000, 150_000
LINES_MAX = 460

# Whatever makes elements or code of a text.
FORBIDDEN = [
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser", "srcdoc",
    "createContextualFragment", "javascript:",
]  # fmt: skip
# What a pure module does not know.
IMPURE = [
    "document.", "window.", "localStorage", "indexedDB", "Date.now", "Math.random", "setTimeout", "await fetch(",
    "WebSocket(",
]  # fmt: skip


def test_it_is_small():
    """A slow phone loads it in a moment: first what shows the messages, later the dialogs and commands."""
    sizes = {name: len(file.content) for name, file in Files().all.items()}
    at_first = {"index.html", "early.js", "main.js", "style.css", "icon.svg"}
    assert sum(sizes[name] for name in at_first) < AT_FIRST_BYTES_MAX
    assert sum(sizes.values()) < BYTES_MAX


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_text_only_becomes_text(path: Path):
    """No script makes elements or code of a text."""
    text = path.read_text()
    assert [word for word in FORBIDDEN if word in text] == []
    assert len(text.splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.name)
def test_the_model_is_pure(path: Path):
    """A module that calls itself pure knows no DOM, clock, random source or socket, and imports only such modules."""
    text = path.read_text()
    assert [word for word in IMPURE if word in text] == []
    imported = re.findall(r'from "\./([\w.]+)"', text)
    assert {*imported} <= {each.name for each in PURE}


def test_the_style_sheet_is_the_same_without_its_comments():
    """A comment has a line of its own, indentation is never part of a text, and the last in a block needs no end."""
    served = Files().named("style.css")
    assert served is not None
    css = (WEB / "style.css").read_text()
    assert b"/*" not in served.content
    assert re.sub(r"/\*.*?\*/|\s", "", css).replace(";}", "}") == re.sub(r"\s", "", served.content.decode())


def test_the_model_is_most_of_the_modules_beside_the_view():
    """The session and all that it needs are pure."""
    names = {path.stem for path in PURE}
    assert names >= {"session", "signin", "catchup", "conversations", "history", "outbox", "line", "text", "commands"}


def test_what_is_needed_at_first_is_fetched_at_once():
    """The page names all that it needs for the first message, so that a slow network is asked once and not in turns."""
    files = Files().all
    html = files["index.html"].content.decode()
    assert {*re.findall(r'(?:href|src)="/assets/\w+/([^"]+)"', html)} == {
        "early.js",
        "main.js",
        "style.css",
        "icon.svg",
    }
    assert re.findall(rb"^import .*", files["main.js"].content, re.MULTILINE) == []
    later = {path.decode() for path in re.findall(rb'\bimport\("([^"]+)"\)', files["main.js"].content)}
    assert later == {"./later.js"}
    assert {name for name in files if name.endswith(".js")} == {"early.js", "later.js", "main.js", "sw.js"}


def test_the_service_worker_keeps_what_the_page_needs():
    """All that the page loads at any time, so that everything opens without a connection."""
    kept = re.search(r"const FILES = \[(.*)\]", (WEB / "sw.js").read_text())
    assert kept is not None
    others = {"index.html", "manifest.webmanifest", "sw.js", "clients.css"}
    assert {*re.findall(r'"([^"]+)"', kept[1])} == {*Files().all} - others


def test_the_page_has_no_inline_code():
    """The Content-Security-Policy allows none."""
    html = (WEB / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []


def test_the_commands_are_those_of_the_table():
    """One table has the commands of all clients; ``python -m chatapp.client.fronts.commands_json`` writes the file."""
    rows = json.loads((WEB / "commands.json").read_text())
    assert (WEB / "commands.json").read_text() == exported()
    assert [row["names"] for row in rows] == [list(command.names) for command in COMMANDS]
