"""The table of capabilities."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from types import FunctionType, ModuleType

import pytest

from chatapp.server import capabilities as cap
from chatapp.server.delivery import audiences, render, returning, statuses
from chatapp.server.delivery.announcements import ANNOUNCEMENTS, Audience

NAMES = [row.name for row in cap.CAPABILITIES]


def test_each_has_a_bit_of_its_own():
    """So that they can be told apart, and none is the mark of version 302."""
    bits = [row.bit for row in cap.CAPABILITIES] + [cap.CAP_302]
    assert all(one & other == 0 for one, other in itertools.combinations(bits, 2))
    assert all(bit.bit_count() == 1 for bit in bits)


def test_each_has_one_row():
    """By its name."""
    assert sorted(set(NAMES)) == NAMES


@pytest.mark.parametrize(("sign_up", "offered"), [("open", True), ("closed", False)])
def test_what_is_offered_depends(sign_up, offered):
    """Signing up where that is possible."""
    assert ("draft/account-registration" in cap.offered(sign_up)) is offered


def test_drafts_are_drafts():
    """ "Software implementing this work-in-progress specification MUST NOT use the unprefixed" names."""
    assert not {"chathistory", "read-marker", "account-registration", "register"} & set(NAMES)


# These take recipients from the groups of a channel (``Presence.listeners``), each with the capabilities of its group.
# Such a group knows EVENT_PROFILE alone: any other capability looks as if nobody had negotiated it.
OF_GROUPS = {
    Audience.CHANNELS, Audience.CHANNELS_AND_SELF, Audience.FOLLOWERS_AND_SELF, Audience.INVITED, Audience.NEIGHBOURS,
    Audience.NEIGHBOURS_AND_SELF,
}  # fmt: skip
MODULES_OF_GROUPS = (audiences, returning, statuses)


def bits_in(tree: ast.AST, names: dict[str, object]) -> int:
    """Return the capabilities that code asks for with ``caps & ...`` or ``each[0] & ...``."""
    found = 0
    for node in ast.walk(tree):
        is_and = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd)
        if is_and and ast.unparse(node.left) in ("caps", "each[0]"):
            bits = eval(compile(ast.Expression(node.right), "", "eval"), names)
            found |= bits if bits > 0 else 0  # below 0: it takes capabilities away, as ``~cap.ACCOUNT_TAG`` does
    return found


def called_in(tree: ast.AST, names: dict[str, object]) -> Iterator[FunctionType]:
    """Yield the functions of the package that code calls, by their own name or by that of their module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = names.get(node.func.id) if isinstance(node.func, ast.Name) else None
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                module = names.get(node.func.value.id)
                called = getattr(module, node.func.attr, None) if isinstance(module, ModuleType) else None
            if isinstance(called, FunctionType) and called.__module__.startswith("chatapp."):
                yield called


def bits_read(function: FunctionType) -> int:
    """Return the capabilities on which the line of a renderer depends, also in the functions that it calls."""
    waiting, seen, found = [function], {function}, 0
    while waiting:
        each = waiting.pop()
        tree = ast.parse(textwrap.dedent(inspect.getsource(each)))
        found |= bits_in(tree, each.__globals__)
        further = set(called_in(tree, each.__globals__)) - seen
        waiting += further
        seen |= further
    return found


def planted(caps: int) -> bytes:
    """Ask for a capability that is not in EVENT_PROFILE, and call what asks for one that is."""
    return b"x" if caps & cap.CHGHOST else render.from_bot(b"y", caps)


def test_what_a_renderer_reads_is_seen():
    """What the next test looks for is found, also in another function."""
    assert bits_read(planted) == cap.CHGHOST | cap.MESSAGE_TAGS
    assert bits_in(ast.parse("told = [each for each in found if each[0] & cap.CHGHOST]"), globals()) == cap.CHGHOST


def test_a_line_to_a_channel_depends_on_the_event_profile_alone():
    """Or a recipient who has negotiated another capability gets the line of those who have not, or no line."""
    grouped = [row.line for row in ANNOUNCEMENTS.values() if row.audience in OF_GROUPS]
    read = [bits_read(line) for line in grouped]
    read += [bits_in(ast.parse(inspect.getsource(module)), vars(module)) for module in MODULES_OF_GROUPS]
    names = {row.name for row in cap.CAPABILITIES if any(row.bit & bits & ~cap.EVENT_PROFILE for bits in read)}
    assert not names
    whole = 0
    for bits in read:
        whole |= bits
    assert whole == cap.EVENT_PROFILE
