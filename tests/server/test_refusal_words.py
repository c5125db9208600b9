"""Where the words of refusals are: the folder ``server/refusals`` has all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.modules import MODULES, name_of, offences, room_of, tree_of

pytestmark = pytest.mark.once

# Where a refusal is meant for who starts the server or runs ``chat``, at a start or on a terminal: no client gets it.
NOT_FOR_CLIENTS = (
    "chatapp/server/folder/", "chatapp/server/control/asking.py", "chatapp/server/control/place.py",
    "chatapp/server/edge/listener.py", "chatapp/server/roster.py", "chatapp/server/app.py",
)  # fmt: skip
# Texts of NOTICEs that answer or tell something. Any other is a refusal, until somebody adds it here.
ANSWERS = {
    "Bans: x.", "Certificates: x.", "Channels and conversations with messages: x.", "Nothing found.",
    "The ban of x has ended.", "The connections of x were ended. To keep somebody out, use UBAN.",
    "Your name stays as it is written: x.",
    "The message was redacted.", "There are no bans.", "You have no certificates.", "x messages", "x, registered on xx",
    "; it does not sign in any more, as your password is a new one",
}  # fmt: skip
# The functions that answer a refusal, or make a refusal or its exception. ``end`` ends a connection.
REFUSING = {
    "CommandRefused", "Numbered", "Standard", "StandardRefused", "end", "fail", "of", "refuse", "refuse_within",
    "line_about_part", "refused", "standard_line", "standard_reply",
}  # fmt: skip
TWO_WORDS = re.compile(r"[A-Za-z]['.,:]? [A-Za-z]")
ONE_WORD = re.compile(r"[A-Za-z]{2}")
NOTICE = re.compile(r"NOTICE [^ ]+ :(.*)", re.DOTALL)


def all_words_in(node: ast.AST, named: dict[str, str], people: re.Pattern[str] = TWO_WORDS) -> Iterator[str]:
    """Find the texts for people that stand in an expression, also by their names in ``named``.

    A text is for people if it has what ``people`` finds.
    """
    for part in ast.walk(node):
        text = text_of(part)
        if isinstance(part, ast.Name | ast.Subscript):
            text = named.get(ast.unparse(part.value) + "[]" if isinstance(part, ast.Subscript) else part.id, "")
        if people.search(text):
            yield text


def words_in(node: ast.AST, named: dict[str, str], people: re.Pattern[str] = TWO_WORDS) -> str:
    """Return the first text for people that stands in an expression; empty if there is none."""
    return next(all_words_in(node, named, people), "")


def text_of(node: ast.AST) -> str:
    """Return the text of a literal, with ``x`` for each field of an f-string; empty if it has no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else "x" for each in node.values)
    value = node.value if isinstance(node, ast.Constant) else ""
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""


def texts_named(tree: ast.Module) -> dict[str, str]:
    """Return the texts for people that have a name in a module, by name; a table of texts has ``[]`` after its name."""
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            table = "[]" if isinstance(node.value, ast.Dict) else ""
            named |= {ast.unparse(each) + table: words_in(node.value, {}) for each in node.targets}
    return named


def words_of_refusals(tree: ast.Module) -> set[str]:
    """Find the texts of refusals in a module: in what it raises, answers, or tells a connection that it ends."""
    named, found = texts_named(tree), set()
    for node in ast.walk(tree):
        text = text_of(node)
        found.add(text if text.startswith("ERROR :") and TWO_WORDS.search(text[7:]) else "")
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            found |= {words_in(each, named) for each in (*node.exc.args, *node.exc.keywords)}
        if isinstance(node, ast.Call) and is_refusal(node):
            people = ONE_WORD if name_called(node) == "end" else TWO_WORDS
            found |= {words_in(each, named, people) for each in (*node.args, *node.keywords)}
    return found - {""}


def words_of_notices(tree: ast.Module) -> set[str]:
    """Find the texts of the server's NOTICEs in a module: some of them say that something was refused."""
    named, found = texts_named(tree), set()
    for node in ast.walk(tree):
        notice = NOTICE.search(text_of(node))
        if notice is not None and TWO_WORDS.search(notice[1]):
            found.add(notice[1].strip())
        if isinstance(node, ast.Call) and name_called(node) == "notice":
            found |= {text for each in (*node.args, *node.keywords) for text in all_words_in(each, named)}
    whole = {text for text in found if not any(text != other and text in other for other in found)}
    return {text for text in whole if not re.fullmatch(r"[x\W]*", text)}  # a text of fields alone has no words


def name_called(call: ast.Call) -> str:
    """Return the name of the function or the method that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_refusal(call: ast.Call) -> bool:
    """Tell whether a call makes or answers a refusal; a reply does so with the refusal as its first argument."""
    first = ast.unparse(call.args[0]) if call.args else ""
    name = name_called(call)
    return name in REFUSING or (name == "reply" and first.startswith(("refusals.", "num.ERR_")))


@pytest.mark.parametrize(
    "source",
    [
        "raise CommandRefused('No text here.')",
        "raise StandardRefused('CODE', text=f'{most} is too much')",
        "raise AnyError(f'The {name}')",
        "words = 'No text here.'\nraise AnyError(words)",
        "session.fail('VERB', 'CODE', text='No text here.')",
        "session.end('No text here.')",
        "session.reply(num.ERR_X, text='No text here.')",
        "session.reply(refusals.X, text=_WORDS)\n_WORDS = 'No text here.'",
        "session.reply(refusals.X, text=_WORDS[reason])\n_WORDS = {reason: 'No text here.'}",
        "raise refusals.X.of(why='No text here.')",
        "silent = b'ERROR :No text here.'",
        "NONE = Numbered(num.ERR_X, 'No text here.')",
        "NONE = refusals.Standard('CODE', 'No text here.')",
        "session.end('Banned')",
        "session.end(b'Banned'.decode())",
        "session.notice('No text here.')",
        "session.notice(f'No {name} here.')",
        "head = f'NOTICE {nick} :No text here.'",
    ],
)
def test_words_of_refusals_are_seen_in_every_form(source):
    """What the next test looks for is found however it is written."""
    tree = ast.parse(source)
    assert len(words_of_refusals(tree) | words_of_notices(tree)) == 1


def test_the_words_of_refusals_stand_in_one_place():
    """The folder ``server/refusals`` has every text that the server says when it refuses something."""
    server = {name_of(path): path for path in MODULES if room_of(path) == "server"}
    elsewhere = {
        name: path
        for name, path in server.items()
        if not name.startswith(("chatapp/server/refusals/", *NOT_FOR_CLIENTS))
    }
    assert len(elsewhere) > 100
    assert not offences({name: words_of_refusals(tree_of(path)) for name, path in elsewhere.items()})
    notices = set().union(*(words_of_notices(tree_of(path)) for path in elsewhere.values()))
    assert notices == ANSWERS
