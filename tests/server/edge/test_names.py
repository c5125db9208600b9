"""Short names for the variables of scripts. ``tests/web`` compares the scripts of the page before and after."""

from __future__ import annotations

import pytest

from chatapp.server.edge.names import shortened


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Properties and methods keep their names.
        ("let name=1;name.name=it.name?.name;", "let a=1;a.name=b.name?.name;"),
        ("let name={name:1};", "let a={name:1};"),
        ("class Some{name(){return name()}}", "class a{name(){return b()}}"),
        ("const it={name(){},get other(){},get:name};", "let a={name(){},get other(){},get:b};"),
        # Private methods have names of their own.
        ("class Some{#name(){return this.#name()+other}}", "class a{#a(){return this.#a()+b}}"),
        # What names a variable and a property is written as both.
        ("const{name,other:value=2}=name;", "let{name:a,other:b=2}=a;"),
        ("let name=({name=1})=>({name});", "let a=({name:a=1})=>({name:a});"),
        ("const[name,other]=[other,...name];", "let[a,b]=[b,...a];"),
        # Expressions.
        ("let name=name?other:[name];", "let a=a?b:[a];"),
        ("function name(){name()}", "function a(){a()}"),
        ("for(const name of other){name}", "for(let a of b){a}"),
        # Texts and regular expressions stay, but for the expressions within.
        ('let name="name \\" name";', 'let a="name \\" name";'),
        ("let name=`name ${name}name\\`${other.name}`;", "let a=`name ${a}name\\`${b.name}`;"),
        ("let name=/[/name]name\\//.test(name)/name/2;", "let a=/[/name]name\\//.test(a)/a/2;"),
        ("let name=`${/name/.test(name)}`;", "let a=`${/name/.test(a)}`;"),
        # What a browser has.
        ("let name=document;window.setTimeout(name);", "let a=document;window.setTimeout(a);"),
        # Values.
        ('let name=true;name=[false,"true",/true/];', 'let a=!0;a=[!1,"true",/true/];'),
        # One declaration.
        ("const name=1;const[other]=name;let some;let any;", "let a=1,[b]=a,c,d;"),
        ("const name=()=>{const other=1;const name=other};const any=2;", "let a=()=>{let b=1,a=b},c=2;"),
        ("const name=1;if(name){}const other=2;", "let a=1;if(a){}let b=2;"),
        ("export const name=1;const other=2;", "export let a=1;let b=2;"),
        ("for(const name of other){}const other=2;", "for(let b of a){}let a=2;"),
    ],
)
def test_variables_get_short_names(before: str, after: str):
    """All else stays as it is."""
    assert shortened({"main.js": before}) == {"main.js": after}


def test_scripts_share_their_names():
    """So one can import from the other. What main.js takes of later.js when it has loaded it keeps its name."""
    scripts = {
        "main.js": 'export function name(){}import("./later.js").then(({later})=>later);',
        "later.js": 'import{name}from"./main.js";export const later=name;',
    }
    assert shortened(scripts) == {
        "main.js": 'export function a(){}import("./later.js").then(({later})=>later);',
        "later.js": 'import{a}from"./main.js";export let later=a;',
    }


def test_a_name_that_gains_nothing_stays():
    """``{ ab: x }`` is longer than ``{ ab }``; and no other variable gets the name of one that stays."""
    common = "".join(f"some{at};some{at};" for at in range(60))
    found = shortened({"main.js": f"{common}const{{ba}}=it;"})["main.js"]
    assert "let{ba}=" in found
    assert found.count("ba") == 1


def test_there_are_enough_names():
    """There are more than two letters can tell apart: the others stay."""
    many = {f"name{at}" for at in range(3000)}
    found = shortened({"main.js": "".join(f"{name};" for name in many)})["main.js"].split(";")[:-1]
    assert len({*found}) == len(many)
