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
AT_FIRST_BYTES_MAX, BYTES_MAX = 150 * 1024, 190 * 1024
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
    sizes = {name: len(file.content) for name, file in Files().all.items() if name != "clients.css"}
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


def damaged(text: str) -> list[str]:
    """Return the lines of a script that are, or may be, damaged where the server leaves out comments and indentation.

    It knows lines and little syntax, so a comment has lines of its own, and a line of a template begins with a word.
    """
    found: list[str] = []
    in_comment = in_template = False
    for line in text.splitlines():
        bare = line.strip()
        code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', bare)
        comment = bare.startswith(("//", "/**", "*"))
        if in_comment or (bare.startswith("/**") and not in_template):
            fine = comment and ("*/" not in bare or bare.endswith("*/"))
            in_comment = "*/" not in bare
        elif in_template:
            fine = line == line.lstrip() and not comment
            in_template = code.count("`") % 2 == 0
        elif bare.startswith("//"):
            fine = True
        else:
            fine = not (comment or bare.endswith("\\") or "/*" in code)
            in_template = code.count("`") % 2 == 1
        if not fine:
            found.append(bare)
    return [*found, *(["It ends within a comment or a template."] if in_comment or in_template else [])]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_the_same_without_its_comments(path: Path):
    """Each line that the server leaves out is a comment, and indentation is never part of a text."""
    assert damaged(path.read_text()) == []


def test_the_style_sheet_is_the_same_without_its_comments():
    """A comment has a line of its own, and indentation is never part of a text."""
    served = Files().named("style.css")
    assert served is not None
    css = (WEB / "style.css").read_text()
    assert b"/*" not in served.content
    assert re.sub(r"/\*.*?\*/|\s", "", css) == re.sub(r"\s", "", served.content.decode())


@pytest.mark.parametrize(
    "text",
    [
        "const text = `\n// of the text\n`;",
        "const text = `\n\t\tindented`;",
        'const text = "a\\\n// b";',
        "const product = a\n\t* b;",
        "/** of b */ const b = 1;",
        "/**\n * of b\n */ const b = 1;",
        "/* a\n * b */ const c = 1;",
    ],
)
def test_what_the_server_would_damage_is_found(text: str):
    """Texts of many lines, a product that continues in the next line, and code behind a comment."""
    assert damaged(text)


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
    assert later == {"./view/later.js", "./revoke.js"}
    assert {name for name in files if name.endswith(".js")} == {
        "early.js", "main.js", "revoke.js", "sw.js", "view/later.js"
    }  # fmt: skip


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
