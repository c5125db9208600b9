"""The catalogue of refusals."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from pathlib import Path

import pytest

from chatapp.server import refusals
from chatapp.server.refusals import Numbered, Standard

SERVER = Path(refusals.__file__).parent.parent
ALL = [
    (module.name, name, value)
    for module in pkgutil.iter_modules(refusals.__path__)
    for name, value in vars(importlib.import_module(f"{refusals.__name__}.{module.name}")).items()
    if name.isupper()
]


def test_every_name_stands_once():
    """All files of the folder are one namespace, so a second refusal of a name would hide the first one."""
    names = [name for _, name, _ in ALL]
    assert len(names) > 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "refusal"), [(name, value) for _, name, value in ALL])
def test_form(name, refusal):
    """A line has room for the text, the fields in it have names, and a program can read the code."""
    assert getattr(refusals, name) is refusal
    text = refusal if isinstance(refusal, str) else refusal.text
    assert 0 < len(text) <= 250
    assert all(field.isidentifier() for _, field, _, _ in string.Formatter().parse(text) if field is not None)
    if isinstance(refusal, Standard):
        assert re.fullmatch(r"[A-Z0-9_]+", refusal.code)
    elif isinstance(refusal, Numbered):
        assert refusal.code == refusal.numeric.code


def test_none_is_left_over():
    """Something refuses with each of them."""
    source = "\n".join(path.read_text() for path in SERVER.rglob("*.py"))
    used = set(re.findall(r"\brefusals\.([A-Z_0-9]+)\b", source)) | {"NOT_UTF8"}
    assert {name for _, name, _ in ALL} == used


def test_an_exception_has_the_words_with_the_fields():
    """Texts of exceptions and parameters are as given, also with braces in them."""
    raised = refusals.USAGE.of("CERT", usage="CERT {x}")
    assert (str(raised), raised.params, raised.numeric.code) == ("Usage: CERT {x}", ("CERT",), "461")
    failed = refusals.CANNOT_BAN.of("{a}", why=ValueError("{b}"))
    assert (str(failed), failed.context, failed.refusal.code) == ("{b}", ("{a}",), "CANNOT_BAN")
