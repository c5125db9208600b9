"""Each command of the full screen in real use: a person types it, and others see on the wire what it has done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from chatapp.client.fronts.commands import BY_NAME_ON_SCREEN, ON_SCREEN
from tests.cli.keys import ESC, SIZES
from tests.cli.screen import Screen, middle, sign_in
from tests.support.irc import CAPS, Client
from tests.support.server import Server, make_accounts, run_chat

pytestmark = pytest.mark.once

MORE_CAPS = f"{CAPS} draft/message-edit draft/message-redaction draft/channel-rename away-notify"
OPENER = '#!/bin/sh\nprintf %s "$1" > "{0}/part" && mv "{0}/part" "{0}/opened"\n'
LINK = "https://example.org/a"


class Step(NamedTuple):
    """What alice types, what her screen says then, what bob's client hears, and what bob sends after that.

    ``shows``, ``hears`` and ``gone`` (what her screen says until then, and no longer) are regular expressions. The
    screen is one line: the name of the conversation, its topic, the messages, the state of the connection, the input.
    """

    types: str
    shows: str = ""
    hears: str = ""
    bob: str = ""
    gone: str = ""


# What follows is one session, so the order counts. Bob becomes a member of #dev, which alice makes.
IN_A_CHANNEL = (
    Step("/join #dev", "^#dev .*Nobody else is in #dev yet."),
    Step("/list", "#dev: 1 person"),
    Step("/invite bob", r"bob is invited to #dev \(by alice\).", "INVITE bob #dev"),
    Step("/uninvite bob", "bob is not invited to #dev any more.", "Your invitation to #dev was taken back"),
    Step("/topic soon", "^#dev soon .*alice set the topic of #dev: soon", bob="JOIN #dev"),
    Step("/names", r"Here in #dev: alice \(founder\) \(you\), bob"),
    Step("/mode +m", "only members with a role can write now.", r"MODE #dev \+m"),
    Step("/voice bob", "bob now has a voice in #dev", r"MODE #dev \+v bob"),
    Step("/devoice bob", "bob no longer has a voice in #dev", "MODE #dev -v bob"),
    Step("/op bob", "bob is now an operator of #dev", r"MODE #dev \+o bob"),
    Step("/deop bob", "bob is no longer an operator of #dev", "MODE #dev -o bob"),
    Step("/mode -m", "all members can write now.", "MODE #dev -m", f"PRIVMSG #dev :shall we? {LINK}"),
    Step("/me waves", r"\* alice waves", "PRIVMSG #dev :\x01ACTION waves\x01"),
    Step("/reply yes", "bob: shall .* alice: yes", r"\+reply=\S+ \S+ PRIVMSG #dev :yes"),
    Step("/react 🎉", r"\[🎉 1\]", r"\+draft/react=🎉"),
    Step("/react off 🎉", gone=r"\[🎉 1\]", hears=r"\+draft/unreact=🎉"),
    Step("/edit indeed", r"alice: indeed \(edited\)", r"draft/edit-text=indeed \S+ EDIT #dev"),
    Step("/delete", 'for everyone\\? y Enter, or n: "in'),
    Step("y", "alice: deleted", "REDACT #dev"),
    Step("/say /join", "alice: /join ", "PRIVMSG #dev :/join$"),
    Step("//join me", "alice: /join me", "PRIVMSG #dev :/join me$"),
    Step("/jion #dev", "no command /jion. Did you mean /join[?] To send a text that begins with /, type //"),
    Step("/xyzzy", "There is no command /xyzzy. F1 shows all."),
    Step("/search waves", "^Found for waves .*#dev alice: waves"),
    Step(ESC, gone="^Found for"),
    Step("/mute bob 5m", "alice muted bob in #dev for 5 minutes.", r"MODE #dev \+b ~t:5:~m:bob!"),
    Step("/unmute bob", "alice ended the mute of bob in #dev.", "MODE #dev -b ~t:5:~m:bob!"),
    Step("/kick bob loud", "bob was removed from #dev by alice: loud", "KICK #dev bob :loud"),
    Step("/ban bob 7d", "alice banned bob from #dev for 7 days."),
    Step("/bans", r"bob is banned until .* \(by alice"),
    Step("/unban bob", "alice removed the ban of bob from #dev.", bob="JOIN #dev"),
    Step("/rename #dev #devs", r"^#devs .*#dev is now #devs \(by alice\).", "RENAME #dev #devs"),
    Step("/clear", gone="is now #devs"),
    Step("/history 5", "alice removed the ban of bob"),
    Step("/clear", gone="alice removed the ban of bob"),
    Step("/cycle", "^#devs .*alice: /join me", "JOIN #devs"),
)
WITH_A_PERSON = (
    Step("/dm bob for you", "Sent to bob: for you", "PRIVMSG bob :for you"),
    Step("/history bob 3", "^bob .*alice: for you"),
    Step("/menu", "^#lobby"),
    Step("/msg bob", "^bob"),
    Step("/bm for all", "Sent to #lobby: for all", "PRIVMSG #lobby :for all"),
    Step("/notice bob look", r"alice \(notice\): look", "NOTICE bob :look"),
    Step("/ignore bob", "You block bob now", bob="PRIVMSG alice :never seen"),
    Step("/unignore bob", "You no longer block bob."),
    Step("/pin", "bob stands at the top of the list"),
    Step("/quiet", "No notices of this conversation from now on."),
    Step("/buffer #lobby", "^#lobby"),
    Step("/buffer bob", "^bob"),
    Step("/close", "^#lobby"),
    Step("/knock #lobby", "asking to join #lobby: You are in that channel."),
)
ABOUT_THE_REST = (
    Step("/whois bob", "account: bob .*connects from 127.0.0.1"),
    Step("/whowas bob", "End of WHOWAS list."),
    Step("/who", r"Here: alice \(you\), bob -- Away: carol"),
    Step("/away lunch", "You are marked as away. .*Away", "AWAY :lunch"),
    Step("/away", "You are no longer marked as away. .*Connected as alice", "alice@[^ ]* AWAY$"),
    Step("/away again", "You are marked as away. .*Away", "AWAY :again"),
    Step("/back", "You are no longer marked as away. .*Connected as alice", "alice@[^ ]* AWAY$"),
    Step("/nick robin", "On this server your name is that of your account, alice"),
    Step("/invitation", "lets one person make an account within a week."),
    Step("/tokens", "You have no tokens."),
    Step("/cert list", "You have no certificates."),
    Step("/passwd", "Old password:"),
    Step("EX", "Your password stays as it was."),
    Step("/set bell off", "bell is now off."),
    Step("/theme mono", "theme is now mono."),
    Step("/quote PRIVMSG bob :as it is", hears="PRIVMSG bob :as it is"),
    Step("/version", "LOBBY=#lobby are supported by this server"),
    Step("/status", r"Connected as alice at Chat. -- You are in #lobby."),
    Step("/help kick", r"^Help /kick \[#CHANNEL\] NAME \[REASON\]: remove a member"),
    Step(ESC, gone="^Help"),
    Step("/reconnect", hears="AWAY :not connected"),
    Step("I am back", r":\d\d alice: I am back", "PRIVMSG #lobby :I am back"),
    Step("/ubans", "There are no bans."),
    Step("/uban carol 7d", "The account carol is banned until"),
    Step("/unuban carol", "The ban of carol has ended."),
    Step("/leave #devs", "You are no longer in #devs.", "PART #devs"),
    Step("/kill bob", "The connections of bob were ended.", r"^ERROR :.*Killed"),
)
STEPS = (*IN_A_CHANNEL, *WITH_A_PERSON, *ABOUT_THE_REST)
ELSEWHERE = {"open", "older", "exit", "resend", "drop"}  # in the tests below, and in test_full_returning.py


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server where alice is an administrator."""
    make_accounts(tmp_path / "data", ["alice", "bob", "carol"])
    with Server(tmp_path / "data") as server:
        assert run_chat("role", "alice", "administrator", "--data", server.data).returncode == 0
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that shows each line."""
    with Client(server.address) as bob:
        bob.sign_in("bob", caps=MORE_CAPS)
        yield bob


def take(step: Step, alice: Screen, bob: Client) -> None:
    """Take a step; what is waited for is not there before."""
    assert not step.shows or not re.search(step.shows, middle(alice.rows)), step
    assert not step.gone or re.search(step.gone, middle(alice.rows)), step
    alice.type(step.types, end="" if step.types == ESC else "\r")
    alice.until(lambda rows: re.search(step.shows, middle(rows)) is not None, step.shows)
    alice.until(lambda rows: not step.gone or not re.search(step.gone, middle(rows)), f"no {step.gone}")
    if step.hears:
        bob.wait_for(step.hears)
    if step.bob:
        bob.send(step.bob)
        bob.sync()


def test_every_command_has_a_step():
    """A command without a step here fails."""
    typed = {step.types.split()[0][1:] for step in STEPS if re.match("/[a-z]", step.types)}
    known = {BY_NAME_ON_SCREEN[name].names[0] for name in typed if name in BY_NAME_ON_SCREEN}
    assert known | ELSEWHERE == {command.names[0] for command in ON_SCREEN}


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_every_command(server, sit, bob, rows, columns):
    """Each command does its thing on a real server."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    for step in STEPS:
        take(step, alice, bob)
    alice.type("/exit")
    assert alice.ended() == 0
    assert "never seen" not in alice.raw


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_menu(server, sit, bob, tmp_path, rows, columns):
    """The words of the menu of the original work alone in the lobby, and tell the command that each of them is."""
    (tmp_path / "xdg-open").write_text(OPENER.format(tmp_path))
    (tmp_path / "xdg-open").chmod(0o700)
    (tmp_path / "open").symlink_to("xdg-open")
    alice = sign_in(sit(server, "alice", rows, columns, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}), "alice")
    for step in (
        Step("who", r"who is /who \[#CHANNEL\]: who is here and who is away -- Here: alice \(you\), bob"),
        Step("Bm", r"Bm is /bm \[TEXT\]: write to everyone .*What you type here goes to everyone."),
        Step("BM hello all", "alice: hello all", "PRIVMSG #lobby :hello all"),
        Step("dm", "^To whom[?] /dm NAME does the same"),
        Step("bo", "^bob"),
        Step("who", "alice: who", "PRIVMSG bob :who"),  # elsewhere, only capital letters mean the menu
        Step("WHO", "Here: alice"),
        Step("BM", "^#lobby", bob=f"PRIVMSG #lobby :see {LINK}"),
        Step("dm bob for you", "Sent to bob: for you", "PRIVMSG bob :for you"),
        Step("//EX", "alice: EX", "PRIVMSG #lobby :EX"),
    ):
        take(step, alice, bob)
    alice.type("/open")
    alice.until(lambda _: (tmp_path / "opened").exists(), "an opened link")
    assert (tmp_path / "opened").read_text() == LINK
    bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in range(rows)))
    alice.reads(f"text {rows - 1} ends")
    take(Step("/older", "End shows the newest", gone=f"text {rows - 1} ends"), alice, bob)
    alice.type("EX")
    assert alice.ended() == 0
