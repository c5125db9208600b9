"""The shared cases: the terminal's client reaches the same state from the same lines as the page.

``unit/cases.test.mjs`` runs the same files (``cases/*.json``) with the model of the page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chatapp.client.core import reading
from chatapp.client.core.events import (
    Act,
    ChannelRenamed,
    Deleted,
    Edited,
    Event,
    Kicked,
    NotSent,
    Reacted,
    Said,
    TopicSet,
    WhileAway,
)
from chatapp.client.core.session import ID_TAG, Session
from chatapp.client.fronts import arguments
from chatapp.protocol.message import parse
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import format_time, parse_time

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
TIMES = json.loads((Path(__file__).parent / "times.json").read_text())
START_MS = parse_time("2026-01-01T12:00:00.000Z")


class Server:
    """A server that signs alice in, and answers CHATHISTORY and MARKREAD from the history of a case."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.channels = case["channels"]
        self.history = {name: list(lines) for name, lines in case["history"].items()}
        self.now = START_MS
        self.sent: list[tuple[str, str, str]] = []  # our PRIVMSG: label, id, text
        self.refused: list[list[str]] = []
        self.messages: dict[str, list[dict[str, Any]]] = {}  # folded name -> messages as told
        self.acts: dict[str, list[list[str]]] = {}  # folded channel -> what others did there while we were away
        self.session = Session("alice", "run")
        self.session.sign_in("secret")

    def open(self) -> None:
        """Begin a connection."""
        self.session.opened(tls=True)
        self.flush()

    def flush(self) -> None:
        """Answer what the session sends, in order."""
        asked = self.session.take().split(b"\r\n")[:-1]
        while asked:
            for line in self.answers(asked.pop(0)):
                self.hear(line)
            asked += self.session.take().split(b"\r\n")[:-1]

    def hear(self, line: str) -> None:
        """Give the session a line, and keep what it tells."""
        for event in self.session.received(self.filled(line).encode(), self.now):
            self.told(event)

    def filled(self, line: str) -> str:
        """Put the labels and ids of the texts that were sent into a line."""
        texts = list(dict.fromkeys(text for _, _, text in self.sent))

        def put(found: re.Match[str]) -> str:
            of_text = [each for each in self.sent if each[2] == texts[int(found[2]) - 1]]
            return of_text[-1][0 if found[1] == "label" else 1]

        return re.sub(r"\{(label|id)(\d)\}", put, line)

    def answers(self, line: bytes) -> list[str]:
        """Answer a line of the client."""
        message = parse(line)
        label = message.tags.get("label", "")
        match message.verb, message.params:
            case "CAP", ["LS", *_]:
                return [f":host CAP * LS :{self.case['offers']}"]
            case "CAP", ["REQ", names]:
                return [f":host CAP * ACK :{names}"]
            case "CAP", ["END"]:
                return self.welcome()
            case "AUTHENTICATE", [word]:
                return ["AUTHENTICATE +" if word == "PLAIN" else ":host 903 alice :In."]
            case "PING", [word]:
                return [f":host PONG host {word}"]
            case "CHATHISTORY", [subcommand, *rest]:
                return self.page(subcommand, rest, label)
            case "MARKREAD", [name]:
                return [f"@label={label} {self.marker(name)}"]
            case "PRIVMSG", [_, text]:
                self.sent.append((label, message.tags[ID_TAG], text))
        return []

    def welcome(self) -> list[str]:
        """Return what follows CAP END."""
        prefixes = "PREFIX=(qaohv)~&@%+ CHANMODES=b,k,l,imnst"
        lines = [":host 001 alice :Welcome", f":host 005 alice {prefixes} :are supported"]
        for name, members in self.channels.items():
            lines += [f":alice!alice@host JOIN {name}", self.marker(name)]
            lines += [f":host 353 alice = {name} :{' '.join(members)}", f":host 366 alice {name} :End"]
        return lines

    def marker(self, name: str) -> str:
        """Return the read marker of a conversation as a line."""
        second = self.case["markers"].get(name)
        return f":host MARKREAD {name} " + ("*" if second is None else f"timestamp=2026-01-01T10:00:0{second}.000Z")

    def page(self, subcommand: str, params: list[str], label: str) -> list[str]:
        """Answer CHATHISTORY."""
        if subcommand == "TARGETS":
            rows = [
                f"@batch=b :host CHATHISTORY TARGETS {name} timestamp={format_time(_time(lines[-1]))}"
                for name, lines in self.history.items()
            ]
            return [f"@label={label} :host BATCH +b draft/chathistory-targets", *rows, ":host BATCH -b"]
        name, reference, limit = params[0], params[1], int(params[-1])
        edge = 0 if reference == "*" else parse_time(reference.removeprefix("timestamp="))
        found_lines = next((lines for key, lines in self.history.items() if fold(key) == fold(name)), [])
        all_lines = [self.filled(line) for line in found_lines]
        after = [line for line in all_lines if _time(line) > edge]
        before = [line for line in all_lines if _time(line) < edge]
        found = {"LATEST": after[-limit:], "AFTER": after[:limit], "BEFORE": before[-limit:]}[subcommand]
        rows = [f"@batch=b;{line[1:]}" for line in found]
        return [f"@label={label} :host BATCH +b chathistory", *rows, ":host BATCH -b"]

    def told(self, event: Event) -> None:
        """Do to the messages what an event tells."""
        if isinstance(event, NotSent):
            self.refused.append([event.target, event.text, event.reason])
        if isinstance(event, WhileAway):
            self.acts.setdefault(fold(event.channel), []).extend(row for act in event.acts for row in _act(act))
        if isinstance(event, Said):
            self.messages.setdefault(fold(event.conversation), []).append(_message(event))
        if isinstance(event, ChannelRenamed):
            self.messages[fold(event.name)] = self.messages.pop(fold(event.channel), [])
        if isinstance(event, Edited | Reacted | Deleted):
            known = self.messages.get(fold(event.conversation), [])
            for message in [each for each in known if each["msgid"] == event.msgid]:
                _change(message, event, known)

    def state(self) -> dict[str, Any]:
        """Return the state in the form of the cases."""
        state: dict[str, Any] = {}
        for key, each in self.session.conversations.items():
            shown = [{k: v for k, v in each.items() if k != "msgid" and v} for each in self.messages.get(key, [])]
            found: dict[str, Any] = {"unread": each.unread, "mentions": each.mentions, "messages": shown}
            if is_channel(key):
                found["members"] = sorted(each.members.values())
            if acts := self.acts.get(key):
                found["acts"] = acts
            if each.topic:
                found["topic"] = each.topic
            if typing := self.session.conversations.typing(key, self.now):
                found["typing"] = typing
            state[each.name] = found
        if unsent := [[text.target, text.text] for text in self.session.outbox.texts]:
            state["unsent"] = unsent
        if self.refused:
            state["refused"] = self.refused
        return state


def _time(line: str) -> int:
    return parse_time(parse(re.sub(r"\{\w+\}", "", line).encode()).tags["time"])


def _act(act: Act) -> list[list[str]]:
    what = act.what
    if isinstance(what, Kicked):
        return [["kicked", what.by, what.nick]]
    if isinstance(what, TopicSet):
        return [["topic", what.nick, what.text]]
    return [["mode", what.by]] * len(what.changes)


def _message(said: Said) -> dict[str, Any]:
    text = reading.action(said.text, notice=said.notice) or said.text
    reactions = {each.text: list(each.nicks) for each in said.reactions}
    return {
        "msgid": said.msgid, "from": said.sender, "text": text, "edited": said.edited, "reply_to": said.reply_to,
        "reactions": reactions,
    }  # fmt: skip


def _change(message: dict[str, Any], event: Edited | Reacted | Deleted, known: list[dict[str, Any]]) -> None:
    if isinstance(event, Deleted):
        known.remove(message)
    elif isinstance(event, Edited):
        message |= {"text": event.text, "edited": True}
    else:
        nicks = message["reactions"].setdefault(event.reaction, [])
        if event.on:
            nicks.append(event.sender)
        else:
            nicks.remove(event.sender)
        if not nicks:
            del message["reactions"][event.reaction]


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_the_terminal_client_reaches_the_state_of_the_case(path: Path):
    """Each case states a rule; the page and the terminal's client keep it alike."""
    case = json.loads(path.read_text())
    server = Server(case)
    server.open()
    for step in case["steps"]:
        for name, argument in step.items():
            if name == "in":
                server.hear(argument)
                server.flush()
            elif name == "say":
                server.session.say(*argument)
                server.flush()
            elif name == "close":
                server.session.closed()
            elif name == "open":
                server.open()
            elif name == "pass_ms":
                server.now += argument
            elif name == "channels":
                server.channels = argument
            elif name == "history":
                for conversation, lines in argument.items():
                    server.history.setdefault(conversation, []).extend(lines)
            else:
                raise AssertionError(name)
    expected = case["state"]
    sent = expected.pop("sent_ids", None)
    for each in expected.values():
        if isinstance(each, dict) and "members" in each:
            each["members"].sort()
    assert server.state() == expected
    if sent is not None:
        assert [text for _, _, text in server.sent] == sent
    assert len({(text, line_id) for _, line_id, text in server.sent}) == len({text for _, _, text in server.sent})


@pytest.mark.parametrize(("text", "minutes", "rest"), TIMES)
def test_a_time_is_read_as_in_the_page(text: str, minutes: int | None, rest: str):
    """``unit/model.test.mjs`` reads the same texts. No minutes: the text is refused, as the act would have no end."""
    if minutes is None:
        with pytest.raises(arguments.UsageError):
            arguments.time(text)
    else:
        assert arguments.time(text) == (minutes, rest)
