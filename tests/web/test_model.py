"""The page's model has tests of its own, which Node runs without what the server leaves out of the scripts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chatapp.server.edge.files import FOLDER, Files
from chatapp.server.edge.names import shortened
from chatapp.server.edge.scripts import LATER, MAIN, joined, smaller

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
UNIT = HERE / "unit"
SAME_BUT_NAMES = HERE / "same_but_names.cjs"
PARSE = """
const { readFileSync } = require("node:fs");
for (const path of process.argv.slice(1)) new (require("node:vm").SourceTextModule)(readFileSync(path, "utf8"));
"""
# Compares programs without their layout: pairs of files, of which each is read by the parser that is within Node.
COMPARE = """
const { readFileSync } = require("node:fs");
const acorn = require("internal/deps/acorn/acorn/dist/acorn");
const options = { ecmaVersion: "latest", sourceType: "module" };
const plain = (key, value) => (key === "start" || key === "end" ? undefined : value);
const tree = (path) => JSON.stringify(acorn.parse(readFileSync(path, "utf8"), options), plain);
const paths = process.argv.slice(1);
for (let at = 0; at < paths.length; at += 2) {
  if (tree(paths[at]) !== tree(paths[at + 1])) throw new Error(`${paths[at]} is another program`);
}
"""


@pytest.fixture(scope="module")
def node() -> str:
    """Node, which needs no browser."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node here, so the page's model is tested only in the browser")
    return found


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests beside the modules of the page, without comments and what else the server leaves out."""
    root = tmp_path_factory.mktemp("cleaned")
    shutil.copytree(UNIT, root / "tests/web/unit")
    shutil.copytree(HERE / "cases", root / "tests/web/cases")
    shutil.copy(HERE / "times.json", root / "tests/web")
    for path in (*FOLDER.rglob("*.js"), *FOLDER.rglob("*.json")):
        target = root / "chatapp/web" / path.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(smaller(path.read_text()) if path.suffix == ".js" else path.read_text())
    (root / "package.json").write_text('{"type": "module"}')
    return root


def run(*command: str | Path) -> None:
    """Run Node to its end."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", sorted(path.name for path in UNIT.glob("*.mjs")))
def test_the_model_in_node(node: str, cleaned: Path, name: str):
    """The model has no DOM, no clock and no socket."""
    run(node, "--test", cleaned / "tests/web/unit" / name)


def test_what_is_served_is_a_program(node: str, tmp_path: Path):
    """Each script can be parsed as it is served, joined of many modules."""
    served = {name: file for name, file in Files().all.items() if name.endswith(".js")}
    for name, file in served.items():
        (tmp_path / name.replace("/", "_")).write_bytes(file.content)
    run(node, "--experimental-vm-modules", "--no-warnings", "-e", PARSE, *tmp_path.iterdir())


def test_a_script_is_the_same_program_without_what_is_left_out(node: str, cleaned: Path):
    """What leaves out does not know all of the language: it would take spaces out of a template within a template."""
    pairs = [(path, cleaned / "chatapp/web" / path.relative_to(FOLDER)) for path in sorted(FOLDER.rglob("*.js"))]
    assert len(pairs) > 30
    run(node, "--expose-internals", "-e", COMPARE, *(path for pair in pairs for path in pair))


def test_another_program_is_seen(node: str, tmp_path: Path):
    """A space within a text, or a line of a template, that is left out."""
    for one, other in (('a = "b  c";', 'a = "b c";'), ("a = `b { c`;", "a = `b{c`;"), ("a = b + +c;", "a = b ++c;")):
        (tmp_path / "one.js").write_text(one)
        (tmp_path / "other.js").write_text(other)
        with pytest.raises(AssertionError, match=r"another program|SyntaxError"):
            run(node, "--expose-internals", "-e", COMPARE, tmp_path / "one.js", tmp_path / "other.js")


def same_but_names(node: str, folder: Path, before: dict[str, str], after: dict[str, str]) -> None:
    """Compare programs; names of variables may differ."""
    paths = []
    for name in before:
        for state, text in (("before", before[name]), ("after", after[name])):
            paths.append(folder / f"{state}_{name}")
            paths[-1].write_text(text)
    run(node, "--expose-internals", SAME_BUT_NAMES, *paths)


def test_with_short_names_the_scripts_are_the_same_programs(node: str, tmp_path: Path):
    """A variable has another name, the same everywhere and unlike all others; all else is as it was."""
    scripts = joined({path.relative_to(FOLDER).as_posix(): path.read_text() for path in FOLDER.rglob("*.js")})
    before = {name: scripts[name] for name in (MAIN, LATER)}
    after = shortened(before)
    assert all(Files().all[name].content.decode() == text for name, text in after.items())
    assert sum(map(len, after.values())) < 0.85 * sum(map(len, before.values()))
    same_but_names(node, tmp_path, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("const one = 1; let two = one;", "let a = 1, b = a;"),
        ("const f = ({ one, two: [x = 2] }) => one.two + x;", "const a = ({ one: b, two: [c = 2] }) => b.two + c;"),
        ("try { f(); } catch (e) { e; } function f() {}", "try { a(); } catch (b) { b; } function a() {}"),
        ("let i; for (const [x] of i) x; class C { m() {} }", "let a; for (const [b] of a) b; class D { m() {} }"),
        ("let one = true; f(!one, false); function f() {}", "let a = !0; b(!a, !1); function b() {}"),
        ("class C { #one() { this.#one(); } }", "class D { #a() { this.#a(); } }"),
    ],
)
def test_the_same_program_is_seen(node: str, tmp_path: Path, before: str, after: str):
    """The comparison of the test above takes what is right."""
    same_but_names(node, tmp_path, {"x.js": before}, {"x.js": after})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("const one = 1, two = one;", "const a = 1, a = a;"),
        ("const one = 1, two = one;", "const a = 1, b = b;"),
        ("let one = 1; one.two = 2;", "let a = 1; a.b = 2;"),
        ("let one = { two: 1 };", "let a = { b: 1 };"),
        ("let one, { two } = one;", "let a, { b } = a;"),
        ("class C { m() {} }", "class C { n() {} }"),
        ("let one = true;", "let a = !1;"),
        ("let one = !two;", "let a = !0;"),
        ("class C { #m() {} #n() {} }", "class C { #a() {} #a() {} }"),
        ("class C { #m() { this.#n(); } #n() {} }", "class C { #a() { this.#a(); } #b() {} }"),
        ("let one = 1; let two = document;", "let a = 1; let b = c;"),
        ("let one = () => { let two; }; two = 3; three;", "let a = () => { let b; }; b = 3; c;"),
        ("let one = `a ${one}b`, r = /a/;", "let a = `b ${a}b`, r = /a/;"),
        ("let one = /one/;", "let a = /a/;"),
        ("export const a = 1; const b = 2;", "export const a = 1, b = 2;"),
    ],
)
def test_another_program_is_seen_by_its_names(node: str, tmp_path: Path, before: str, after: str):
    """Two variables under one name, and another name of a property, of what a browser has, or within a text."""
    with pytest.raises(AssertionError, match=r"Error: \S"):
        same_but_names(node, tmp_path, {"x.js": before}, {"x.js": after})
