"""Pure: the table of commands for every front: the four words of the menu, and the slash commands.

At the menu the slash may be left out. Elsewhere a line without a slash is a command only if it is just a word of the
menu, in upper or lower case. Each front decides what it does with other lines: send or refuse them.
"""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import order, requests
from chatapp.client.core.reading import is_name
from chatapp.client.core.recent import Remembered, Which
from chatapp.client.core.session import Session
from chatapp.client.fronts import arguments, credentials, emoji
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.administering import ADMINISTERING
from chatapp.client.fronts.arguments import UsageError as UsageError
from chatapp.client.fronts.command import Command as Command
from chatapp.client.fronts.farewell import shortened
from chatapp.client.fronts.modes import explained
from chatapp.client.fronts.ordering import ORDERING
from chatapp.client.fronts.viewing import VIEWING
from chatapp.protocol.names import fold, is_channel

HISTORY_DEFAULT = 20
JOINED_MAX = 20  # channels in one command
COMMAND_CHARACTERS_MAX = 40  # of an unknown command in an error message
SEARCH_INCOMPLETE = "The server has not indexed all messages yet, so some may be missing. Search again in a minute."
_WHICH = "-2 is the second last message, @NAME the last of NAME, @NAME -2 the second last of NAME."


def _history(front: Actions, rest: str) -> None:
    words = rest.split()
    count = str(HISTORY_DEFAULT)
    if words and words[-1].isdecimal():
        count = words.pop()
    if len(words) > 1 or len(count) > 4 or int(count) == 0:
        raise UsageError("Type /history [NAME or #CHANNEL] [HOW MANY], at most 1000.")
    front.show_history(words[0] if words else "", min(int(count), 1000))


def _search(front: Actions, rest: str) -> None:
    if not rest:
        raise UsageError('Type /search and words, as in: /search plan "next week" from:bob in:#dev after:2026-01-31')
    front.search(rest)


def _one_word(action: Callable[[Actions, str], None], usage: str, *, needed: bool) -> Callable[[Actions, str], None]:
    def run(front: Actions, rest: str) -> None:
        if len(rest.split()) > 1 or (needed and not rest):
            raise UsageError(f"Type {usage}")
        action(front, rest)

    return run


def _nothing(action: Callable[[Actions], None], usage: str) -> Callable[[Actions, str], None]:
    def run(front: Actions, rest: str) -> None:
        if rest:
            raise UsageError(f"Type {usage}, with nothing behind it.")
        action(front)

    return run


def _write_to(front: Actions, rest: str) -> None:
    target, _, text = rest.partition(" ")
    front.write_to(target, text.strip(" "))


def _join(front: Actions, rest: str) -> None:
    words, _, keys = rest.partition(" ")
    channels = [each for each in words.split(",") if each]
    if not channels or " " in keys or is_channel(keys) or len(channels) > JOINED_MAX:
        raise UsageError("Type /join #CHANNEL or /join #CHANNEL KEY")
    keys_of = [*(keys.split(",") if len(channels) > 1 else [keys]), *[""] * len(channels)]
    for channel, key in zip(channels, keys_of, strict=False):
        front.join(channel if is_channel(channel) else f"#{channel}", key)


def _leave(front: Actions, rest: str) -> None:
    channel, _, reason = rest.partition(" ")
    if reason and not is_channel(channel):
        raise UsageError("Type /leave or /leave #CHANNEL; with a reason: /leave #CHANNEL REASON")
    if reason:
        front.leave(channel, reason.strip())
    else:
        front.leave(channel)


def _act(front: Actions, rest: str) -> None:
    if not rest:
        raise UsageError("Type /me and what you do, as in: /me waves")
    front.act(rest)


def _reply(front: Actions, rest: str) -> None:
    which, text = arguments.which(rest)
    if not text:
        raise UsageError("Type /reply TEXT, /reply -2 TEXT (to the second last message) or /reply @NAME TEXT")
    front.reply(which, text)


def _react(front: Actions, rest: str) -> None:
    which, text = arguments.which(rest)
    word, _, after = text.partition(" ")
    on = word != "off"
    text = emoji.of_code(text if on else after.strip())
    if not text:
        raise UsageError("Type /react 👍, /react -2 👍, /react @NAME 👍, or /react off 👍 to remove it")
    front.ask_about(which, lambda where, msgid: requests.react(where, msgid, text, on=on))


def _edit(front: Actions, rest: str) -> None:
    which, text = arguments.which(rest, own=True, named=False)
    if not text:
        raise UsageError("Type /edit and the right text, or /edit -2 and the text for your second last message.")
    front.ask_about(which, lambda where, msgid: requests.edit(where, msgid, text))


def _delete(front: Actions, rest: str) -> None:
    which, reason = arguments.which(rest, own=True)
    front.delete(which, reason)


def _who_is(front: Actions, rest: str) -> None:
    if not is_name(rest):
        raise UsageError("Type /whois NAME")
    front.ask(requests.whois(rest))


def _block(front: Actions, rest: str) -> None:
    if not rest:
        front.ask(requests.blocked())
    elif is_name(rest):
        front.ask(requests.block(rest))
    else:
        raise UsageError("Type /block NAME; /block alone shows whom you block.")


def _unblock(front: Actions, rest: str) -> None:
    if not is_name(rest):
        raise UsageError("Type /unblock NAME")
    front.ask(requests.unblock(rest))


def _knock(front: Actions, rest: str) -> None:
    channel, _, text = rest.partition(" ")
    if not is_channel(channel):
        raise UsageError("Type /knock #CHANNEL or /knock #CHANNEL TEXT")
    front.ask(order.knock(channel, text.strip()))


def _invitation(front: Actions, rest: str) -> None:
    if rest and (not is_channel(rest) or " " in rest):
        raise UsageError("Type /invitation or /invitation #CHANNEL; to invite somebody who is here: /invite NAME")
    front.ask(requests.invitation(rest))


def _list(front: Actions, rest: str) -> None:
    if " " in rest or rest.startswith(":"):
        raise UsageError("Type /list, or /list #pro* for the channels whose names begin so.")
    front.ask(requests.channels(rest))


COMMANDS = (
    Command(("dm", "msg", "query", "q"), "DM", "[NAME [TEXT]]", "write to one person, or to a #CHANNEL", _write_to),
    Command(("bm",), "BM", "[TEXT]", "write to everyone", lambda front, rest: front.write_to_all(rest)),
    Command(
        ("who",),
        "WHO",
        "[#CHANNEL]",
        "who is here and who is away",
        _one_word(lambda front, word: front.list_people(word), "/who or /who #CHANNEL", needed=False),
    ),
    Command(("exit", "ex", "quit"), "EX", "", "leave", _nothing(lambda front: front.exit(), "/exit")),
    Command(("join", "j"), "", "#CHANNEL [KEY]", "enter a channel, or make a new one", _join),
    Command(("leave", "part"), "", "[#CHANNEL]", "stop being a member of a channel", _leave),
    Command(("me",), "", "TEXT", "say what you do: /me waves", _act),
    Command(("reply",), "", "[-N or @NAME] TEXT", "answer the last message, or another", _reply, more=_WHICH),
    Command(("react",), "", "[-N or @NAME] EMOJI", "react to it; off EMOJI removes it", _react, more=_WHICH),
    Command(("edit",), "", "[-N] TEXT", "correct your last message", _edit),
    Command(
        ("delete",),
        "",
        "[-N or @NAME] [REASON]",
        "delete your last message",
        _delete,
        more=f"{_WHICH} Operators of a channel delete the messages of others, too.",
    ),
    Command(
        ("history",),
        "",
        "[NAME or #CHANNEL] [HOW MANY]",
        f"the latest messages: {HISTORY_DEFAULT}, or HOW MANY",
        _history,
    ),
    Command(("search", "lastlog"), "", "WORDS", "find messages; also from:NAME in:NAME", _search),
    Command(("older",), "", "", "what came before that", _nothing(lambda front: front.show_older(), "/older"), True),
    Command(
        ("menu",),
        "",
        "",
        "end the conversation (as Enter does)",
        _nothing(lambda front: front.menu(), "/menu"),
        True,
    ),
    Command(
        ("passwd",),
        "",
        "",
        "change your password",
        _nothing(lambda front: front.change_password(), "/passwd"),
        True,
    ),
    Command(("invitation",), "", "[#CHANNEL]", "a link for somebody new to sign up", _invitation),
    Command(("cert",), "", "add, list or del FINGERPRINT", "certificates to sign in with", credentials.certificate),
    Command(("tokens",), "", "[stay or forget]", "stay signed in here; alone: your list", credentials.tokens),
    Command(("list",), "", "[MASK]", "the channels of the server", _list),
    Command(("whois",), "", "NAME", "who somebody is, and where", _who_is),
    Command(("block", "ignore"), "", "[NAME]", "get no messages from NAME; alone: list", _block),
    Command(("unblock", "unignore"), "", "NAME", "get messages from NAME again", _unblock),
    Command(("knock",), "", "#CHANNEL [TEXT]", "ask to be invited to a channel", _knock),
    Command(
        ("help", "?"),
        "",
        "[COMMAND]",
        "this list; /help mode: all the modes",
        _one_word(lambda front, word: front.help(word), "/help or /help COMMAND", needed=False),
    ),
    *ORDERING,
    *ADMINISTERING,
)

MENU = {command.menu: command for command in COMMANDS if command.menu}
BY_NAME = {name: command for command in COMMANDS for name in command.names}
ON_SCREEN = (*COMMANDS, *VIEWING)  # the commands of the full-screen client
BY_NAME_ON_SCREEN = {name: command for command in ON_SCREEN for name in command.names}


def help_on(name: str, *, on_screen: bool = False) -> list[str]:
    """Return what a command does, as rows of text; ``name`` is as typed, also with its slash. Raises UsageError."""
    command = (BY_NAME_ON_SCREEN if on_screen else BY_NAME).get(name.removeprefix("/").lower())
    if command is None:
        raise UsageError(f"There is no command {shortened(name, COMMAND_CHARACTERS_MAX)}. /help shows all.")
    more = explained() if command is BY_NAME["mode"] else [command.more] if command.more else []
    return [f"{command.usage}: {command.help}", *more]


def find(line: str, *, menu: bool, on_screen: bool = False) -> tuple[Command, str] | None:
    """Return the command that a line begins with, and the rest of the line; None if it is not a command.

    ``menu``: the line was typed at the menu, where the slash may be left out. ``on_screen``: it was typed in the
    full-screen client, which has further commands.
    """
    line = line.strip()
    if line.startswith("/"):
        line = line[1:]
    elif not menu:
        return None
    name, _, rest = line.partition(" ")
    command = (BY_NAME_ON_SCREEN if on_screen else BY_NAME).get(name.lower())
    return (command, rest.strip()) if command is not None else None


def message_of(session: Session, conversation: str, which: Which, needs: str) -> Remembered:
    """Return one of the last messages of a conversation, for something that ``needs`` a capability.

    Raises UsageError if the server has not this capability, or no such message is known. While a text of ours has not
    arrived yet, our last message is not known.
    """
    if session.signed_in and needs not in session.account.enabled:
        raise UsageError(requests.CANNOT)
    if which.own and any(fold(text.target) == fold(conversation) for text in session.outbox.texts):
        raise UsageError("Not done: your last message has not arrived yet. Try again in a moment.")
    found = session.recent.find(conversation, which)
    if found is None:
        whose = f"of {which.sender} " if which.sender else "of yours " if which.own else ""
        raise UsageError(
            f"Not done: no such message {whose}in {conversation} is known here. /history shows earlier ones."
        )
    return found


def menu_word(line: str) -> Command | None:
    """Return the command of a line that is just a word of the menu (upper or lower case), else None."""
    return MENU.get(line.strip().upper())


def word_alone(text: str) -> Command | None:
    """Return the command of a word of the menu in capital letters, which means the same at every question."""
    return menu_word(text) if text.isupper() else None


def unescaped(line: str) -> str:
    """Return the text that a line sends: ``//EX`` sends ``EX``, a word of the menu, and ``//etc`` sends ``/etc``."""
    if not line.startswith("//"):
        return line
    return line[2:] if menu_word(line[2:]) is not None else line[1:]
