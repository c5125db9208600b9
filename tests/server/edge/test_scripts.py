"""The modules of the page, joined into two scripts."""

from __future__ import annotations

from chatapp.server.edge.scripts import joined

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
STORE = 'import { MAX } from "./model/line.js";\nexport const store = { get: () => MAX };\n'
MAIN = """import { store } from "./store.js";
import { parse } from "./model/line.js";

parse(store.get, () => import("./later.js"));
"""
LATER = """import { MAX, parse } from "./model/line.js";
import { store } from "./store.js";
import { help } from "./view/help.js";

export const later = [MAX, help, parse, store];
"""
HELP = """import { MAX } from "../model/line.js";

export const help = MAX;
"""
MODULES = {
    "main.js": MAIN,
    "later.js": LATER,
    "model/line.js": LINE,
    "store.js": STORE,
    "sw.js": '// A worker.\n\n\tgo( 1, "a  b" );\n',
    "view/help.js": HELP,
}


def test_a_module_comes_once_and_after_those_that_it_needs():
    """Names stay as they are; what stands alone is only without what means nothing."""
    scripts = joined(MODULES)
    assert scripts.keys() == {"main.js", "later.js", "sw.js"}
    assert scripts["main.js"] == (
        "const MAX=1;const own=2;function parse(){return own}"
        'const store={get:()=>MAX};parse(store.get,()=>import("./later.js"));'
        "export{MAX,parse,store};"
    )
    assert scripts["sw.js"] == 'go(1,"a  b");'


def test_what_comes_later_takes_the_rest_from_the_first_script():
    """There is one of each module, so both have the same state; a name is imported once, if it is taken."""
    assert joined(MODULES)["later.js"] == (
        'import{MAX,parse,store}from"./main.js";const help=MAX;export const later=[MAX,help,parse,store];'
    )


def test_without_these_scripts_each_stands_alone():
    """A folder may have other files."""
    assert joined({"a.js": 'import { b } from "./b.js";\nb();\n', "b.js": "export let b;\n"}) == {
        "a.js": 'import{b}from"./b.js";b();',
        "b.js": "export let b;",
    }
