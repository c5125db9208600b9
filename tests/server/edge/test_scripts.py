"""The modules of the page, joined into few scripts."""

from __future__ import annotations

import pytest

from chatapp.server.edge.scripts import cleaned, joined

LINE = """// Reads lines.

export const MAX = 1;
const own = 2;

/**
 * Reads.
 */
export function parse() {
	return own;
}
"""
STORE = "const get = 1;\nexport const keep = () => get;\n"
MAIN = """import * as store from "./store.js";
import { MAX, parse } from "./model/line.js";

parse(MAX, store.keep, () => import("./later.js"));
"""


def test_a_module_comes_after_those_that_it_needs():
    """Their names are those of the script; a module that is imported as an object keeps its names to itself."""
    scripts = joined({"main.js": MAIN, "model/line.js": LINE, "store.js": STORE, "later.js": "export const a = 1;\n"})
    assert scripts == {
        "main.js": (
            "const MAX=1;\nconst own=2;\nfunction parse(){\nreturn own;\n}\n"
            "const store=(()=>{\nconst get=1;\nconst keep=()=>get;\nreturn{keep};\n})();\n"
            'parse(MAX,store.keep,()=>import("./later.js"));\n'
        ),
        "later.js": "export const a=1;\n",
    }


def test_what_is_imported_later_takes_the_rest_from_the_first_script():
    """There is one of each module, so both scripts have the same state; the exports of the later script stay."""
    scripts = joined(
        {
            "main.js": 'import { one } from "./view/one.js";\none();\n',
            "view/one.js": 'export const one = () => import("./later.js");\nexport const other = 2;\n',
            "store.js": STORE,
            "view/later.js": 'import { other } from "./one.js";\nimport * as store from "../store.js";\n'
            "export async function go() {}\n",
        }
    )
    assert 'import("./view/later.js")' in scripts["main.js"]
    assert scripts["main.js"].endswith("\nexport{other};\n")
    assert scripts["view/later.js"].startswith('import{other}from "./../main.js";\nconst store=(()=>{\n')
    assert scripts["view/later.js"].endswith("})();\nexport async function go(){}\n")
    assert {*scripts} == {"view/later.js", "main.js"}


def test_a_script_that_nobody_imports_stands_alone():
    """As the service worker; and where there is no main.js, all do."""
    assert joined({"sw.js": "// A worker.\n\n\tgo();\n", "main.js": "go();\n"})["sw.js"] == "go();\n"
    assert joined({"a.js": 'import { b } from "./b.js";\n', "b.js": "let b;\n"}).keys() == {"a.js", "b.js"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("export const one = 1;\nconst same = 1;\n", "export const two = 2;\nfunction same() {}\n"),
        ("export const one = 1;\nlet same = 1;\n", "export const two = 2;\nclass same {}\n"),
        ('import { two } from "./two.js";\n', 'import { one } from "./one.js";\n'),
    ],
)
def test_what_cannot_be_joined_is_refused(one, two):
    """Two modules with a name in common, and modules that need each other."""
    main = 'import { one } from "./one.js";\nimport { two } from "./two.js";\none(two);\n'
    with pytest.raises(AssertionError):
        joined({"main.js": main, "one.js": one, "two.js": two})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('/** a\n * b\n */\n\tlet x = [1, 2]; // a "comment"\n\n\n// c\n\t\ty *= 2;\n', "let x=[1,2];\ny *=2;\n"),
        ('a = { b: "c : // d" };\n', 'a={b:"c : // d"};\n'),
        ("a = `b ${c} // ; ` + d;\n", "a=`b ${c} // ; ` + d;\n"),
        ("a = `b ${c ? `d ; e` : f}`;\n", "a = `b ${c ? `d ; e` : f}`;\n"),
        ('a = b.replace(/x : ["/`] ; /g, ") ; (");\n', 'a=b.replace(/x : ["/`] ; /g,") ; (");\n'),
        ("a = b / (c / d);\n", "a=b /(c / d);\n"),
        ("return a - -b;\n", "return a - -b;\n"),
    ],
)
def test_what_means_nothing_is_left_out(text, left):
    """Comments, indentation, empty lines and spaces; nothing of a text, a template or a regular expression."""
    assert cleaned(text) == left
