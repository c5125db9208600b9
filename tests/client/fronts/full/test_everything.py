"""Every key and every command of the full screen does what its line in the help says: a row here for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp.client.fronts.commands import BY_NAME_ON_SCREEN, ON_SCREEN
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.keys import KEYS
from tests.client.fake_server import FakeServer
from tests.client.fronts.full.conftest import ALL
from tests.client.fronts.full.desk import Desk

Check = Callable[[Desk], bool]
OFFERS = ALL.replace("chatapp/account", "chatapp/account=tokens") + " draft/channel-rename"
MANY = 60  # messages: more than a screen has rows


@pytest.fixture
def alice() -> Desk:
    """Be alice in the lobby, who is in eight more channels and talks with bob."""
    server = FakeServer({"alice": "secret", "bob": "secret"}, offers=OFFERS)
    alice = Desk(server).sign_in()
    alice.say("earlier")
    for number in range(2, 11):
        alice.say(f"/join #c{number}")
    server.say("bob", "alice", "psst")
    alice.see()
    for number in range(MANY):
        server.say("bob", "#lobby", f"https://example.org/{number}")
    alice.see()
    alice.press("escape 1")
    alice.effects()
    return alice


def text(wanted: str) -> Check:
    """Check the text of the draft."""
    return lambda desk: desk.model.deeds.draft.text == wanted


def at(place: int) -> Check:
    """Check the place of the cursor."""
    return lambda desk: desk.model.deeds.draft.at == place


def does(effect: Do) -> Check:
    """Check what the shell has to do."""
    return lambda desk: effect in [each.do for each in desk.effects()]


def shows(name: str) -> Check:
    """Check which conversation is shown."""
    return lambda desk: desk.state.buffer.name == name


def opens(title: str) -> Check:
    """Check which list is open."""
    return lambda desk: desk.state.box is not None and desk.state.box.title.startswith(title)


def is_older(desk: Desk) -> bool:
    """Tell whether older messages are shown."""
    return desk.state.buffer.anchor is not None


def is_newest(desk: Desk) -> bool:
    """Tell whether the newest messages are shown."""
    return desk.state.buffer.anchor is None


# For each action: the keys before it, the draft, where the cursor is in it, and what is so afterwards.
KEY_ROWS: dict[str, tuple[str, str, int, Check]] = {
    "send": ("", "one two", 4, lambda desk: desk.texts[-1] == "one two"),
    "new_line": ("", "one two", 4, text("one \ntwo")),
    "complete": ("", "/jo", 3, text("/join ")),
    "up": ("", "", 0, text("/join #c2")),
    "down": ("", "a\nb", 0, at(2)),
    "recall": ("", "", 0, opens("What you sent before")),
    "interrupt": ("", "one", 3, text("")),
    "delete_or_leave": ("", "", 0, does(Do.LEAVE)),
    "editor": ("", "one", 3, does(Do.EDITOR)),
    "jump": ("", "", 0, opens("Go to a channel")),
    "next": ("", "", 0, shows("#c2")),
    "back": ("", "", 0, shows("bob")),
    **{f"nth_{number}": ("", "", 0, shows(f"#c{number}" if number > 1 else "#lobby")) for number in range(1, 10)},
    "nth_0": ("", "", 0, shows("#c10")),
    "next_unread": ("", "", 0, shows("bob")),
    "stopped": ("escape 2", "", 0, lambda desk: shows("#lobby")(desk) and is_older(desk)),
    "page_up": ("", "", 0, is_older),
    "page_down": ("pageup", "", 0, is_newest),
    "wheel_up": ("", "", 0, is_older),
    "wheel_down": ("<scroll-up>", "", 0, is_newest),
    "search": ("", "", 0, opens("Find messages")),
    "pick": ("", "", 0, lambda desk: desk.state.buffer.picked is not None),
    "help": ("", "", 0, opens("Help")),
    "hide_left": ("", "", 0, lambda desk: not desk.state.left_shown),
    "hide_right": ("", "", 0, lambda desk: not desk.state.right_shown),
    "bare": ("", "", 0, does(Do.BARE)),
    "redraw": ("", "", 0, does(Do.REDRAW)),
    "suspend": ("", "", 0, does(Do.SUSPEND)),
    "escape": ("pageup", "", 0, is_newest),
    "left": ("", "one two", 4, at(3)),
    "right": ("", "one two", 4, at(5)),
    "word_left": ("", "one two", 4, at(0)),
    "word_right": ("", "one two", 4, at(7)),
    "line_begin": ("", "one\ntwo", 6, at(4)),
    "line_end": ("", "one\ntwo", 1, at(3)),
    "backspace": ("", "one two", 4, text("onetwo")),
    "delete": ("", "one two", 4, text("one wo")),
    "delete_word_left": ("", "one two", 4, text("two")),
    "delete_word_right": ("", "one two", 4, text("one ")),
    "delete_to_begin": ("", "one two", 4, text("two")),
    "delete_to_end": ("", "one two", 4, text("one ")),
    "swap": ("", "one two", 4, text("onet wo")),
    "undo": ("c-u", "one two", 4, text("one two")),
    "put_back": ("c-u", "one two", 4, text("one two")),
}


@pytest.mark.parametrize("key", [(row.action, key) for row in KEYS for key in row.keys], ids=" ".join)
def test_every_key(alice, key):
    """A key without a row here, or that does something else, fails."""
    action, pressed = key
    before, draft, place, check = KEY_ROWS[action]
    alice.size = alice.size._replace(columns=120)  # with both side columns
    alice.model.deeds.draft.set(draft)
    alice.model.deeds.draft.at = place
    if action == "stopped":
        alice.press("escape 2")
        alice.server.say("bob", "#lobby", "first")
        for number in range(MANY):
            alice.server.say("bob", "#lobby", f"text {number}")
        alice.see()
        before = "escape 1"
    alice.press(*([before] if before else []))
    alice.press(pressed)
    assert check(alice)


def sends(verb: str, *words: str) -> Check:
    """Check which line was sent."""

    def check(desk: Desk) -> bool:
        lines = [f"{each.verb} {' '.join(each.params)} {each.tags}" for each in desk.wire.sent()]
        return any(line.startswith(verb) and all(word in line for word in words) for line in lines)

    return check


# For each command: how it is typed, and what is so afterwards.
COMMAND_ROWS: dict[str, tuple[str, Check]] = {
    "dm": ("/dm bob hello", sends("PRIVMSG bob hello")),
    "bm": ("/bm hello", sends("PRIVMSG #lobby hello")),
    "who": ("/who #lobby", sends("WHO #lobby")),
    "exit": ("/exit", does(Do.LEAVE)),
    "join": ("/join #new key", sends("JOIN #new key")),
    "leave": ("/leave #c2", sends("PART #c2")),
    "me": ("/me waves", sends("PRIVMSG #lobby \x01ACTION waves\x01")),
    "reply": ("/reply yes", sends("PRIVMSG #lobby yes", "+reply")),
    "react": ("/react 👍", sends("TAGMSG #lobby", "'+draft/react': '👍'")),
    "edit": ("/edit later", sends("EDIT #lobby", "'draft/edit-text': 'later'")),
    "delete": ("/delete", lambda desk: desk.state.question is not None and desk.state.question.about == '"soon"'),
    "history": ("/history bob 50", lambda desk: shows("bob")(desk) and sends("CHATHISTORY", " bob ")(desk)),
    "search": ("/search plan", sends("SEARCH", "text=plan")),
    "older": ("/older", is_older),
    "menu": ("/menu", shows("#lobby")),
    "passwd": ("/passwd", lambda desk: desk.state.asked.hidden),
    "invitation": ("/invitation #c2", sends("INVITATION ADD join=#c2")),
    "cert": ("/cert list", sends("CERT LIST")),
    "tokens": ("/tokens", sends("TOKEN LIST")),
    "list": ("/list #c*", sends("LIST #c*")),
    "whois": ("/whois bob", sends("WHOIS bob")),
    "block": ("/block bob", sends("SILENCE +bob!*@*")),
    "unblock": ("/unblock bob", sends("SILENCE -bob!*@*")),
    "knock": ("/knock #c2 please", sends("KNOCK #c2 please")),
    "help": ("/help mode", opens("Help")),
    "topic": ("/topic news", sends("TOPIC #lobby news")),
    "invite": ("/invite bob #c2", sends("INVITE bob #c2")),
    "uninvite": ("/uninvite bob #c2", sends("UNINVITE")),
    "kick": ("/kick bob loud", sends("KICK #lobby bob loud")),
    "ban": ("/ban bob 7d", sends("MODE #lobby +b ~t:10080:bob!*@*")),
    "unban": ("/unban bob", sends("MODE #lobby -b")),
    "bans": ("/bans", sends("MODE #lobby b")),
    "mute": ("/mute bob 5m", sends("MODE #lobby +b ~t:5:~m:bob!*@*")),
    "unmute": ("/unmute bob", sends("MODE #lobby -b")),
    "op": ("/op bob", sends("MODE #lobby +o bob")),
    "deop": ("/deop bob", sends("MODE #lobby -o bob")),
    "voice": ("/voice bob", sends("MODE #lobby +v bob")),
    "devoice": ("/devoice bob", sends("MODE #lobby -v bob")),
    "mode": ("/mode +m", sends("MODE #lobby +m")),
    "rename": ("/rename #c2 #d2", sends("RENAME #c2 #d2")),
    "uban": ("/uban bob 7d", sends("UBAN")),
    "unuban": ("/unuban bob", sends("UBAN DEL bob")),
    "ubans": ("/ubans", sends("UBAN LIST")),
    "kill": ("/kill bob", sends("KILL bob")),
    "names": ("/names", sends("WHO #lobby")),
    "away": ("/away lunch", sends("AWAY lunch")),
    "back": ("/back", sends("AWAY ")),
    "say": ("/say /join", sends("PRIVMSG #lobby /join")),
    "notice": ("/notice bob look", sends("NOTICE bob look")),
    "buffer": ("/buffer 3", shows("#c3")),
    "clear": ("/clear", lambda desk: not desk.texts),
    "cycle": ("/cycle", lambda desk: sends("PART #lobby")(desk) and sends("JOIN #lobby")(desk)),
    "version": ("/version", sends("VERSION")),
    "whowas": ("/whowas bob", sends("WHOWAS bob")),
    "nick": ("/nick robin", lambda desk: "your name is that of your account" in desk.texts[-1]),
    "status": ("/status", lambda desk: "Unread: bob" in " ".join(desk.texts)),
    "quiet": ("/quiet", lambda desk: "#lobby" in desk.state.buffers.quiet),
    "pin": ("/pin", lambda desk: "#lobby" in desk.state.buffers.pinned),
    "set": ("/set bell off", lambda desk: not desk.state.settings.bell and does(Do.SETTINGS)(desk)),
    "theme": ("/theme calm", lambda desk: desk.state.settings.theme == "calm" and does(Do.SETTINGS)(desk)),
    "open": ("/open", does(Do.OPEN)),
    "reconnect": ("/reconnect", does(Do.RECONNECT)),
    "close": ("/close", lambda desk: desk.state.buffers.find("bob") is None),
    "resend": ("/resend", lambda desk: "a text" in desk.texts),
    "drop": ("/drop", lambda desk: not desk.session.outbox.texts and "a text" not in desk.texts),
    "quote": ("/quote VERSION", sends("VERSION")),
}


@pytest.mark.parametrize("name", [row.names[0] for row in ON_SCREEN])
def test_every_command(alice, name):
    """A command without a row here, or that does something else, fails."""
    line, check = COMMAND_ROWS[name]
    if name in ("close", "menu"):
        alice.say("/dm bob")
    if name in ("edit", "delete"):
        alice.say("soon")
    if name in ("resend", "drop"):
        alice.drop()
        alice.say("a text")
        alice.now_s = 100
        alice.model.tick(alice.now_s, alice.server.time)
        alice.back()
        assert alice.session.outbox.texts
    alice.wire.sent().clear()
    alice.effects()
    alice.say(line)
    assert check(alice)


def test_the_names_of_commands_that_people_know():
    """The commands of other clients work by the names that they have there."""
    known = """dm msg me reply react edit delete who whois join leave invite kick ban topic list names mode search
               history ignore mute pin away open theme set reconnect tokens quote help exit part quit unignore
               j query q say notice clear buffer cycle lastlog raw back version whowas nick names"""
    assert set(known.split()) <= BY_NAME_ON_SCREEN.keys()
