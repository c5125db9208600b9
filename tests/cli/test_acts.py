"""The words of ``chat log``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chatapp
from chatapp.cli.acts import words
from chatapp.protocol import modes

MINUTE = 60_000


def row(verb, target="", channel="", detail="", **fields):
    """Return an act as the server tells it."""
    return {
        "time": 0, "nick": "anna", "verb": verb, "target": target, "channel": channel, "detail": detail, "until": 0,
        **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (row("mode +b", "~t:5:~m:p11!*@*", "#class"), "anna muted p11 in #class for 5 minutes"),
        (row("mode -b", "~t:5:~m:p11!*@*", "#class"), "anna ended the mute of p11 in #class"),
        (row("mode +b", "~m:~a:p11", "#class"), "anna muted the account p11 in #class"),
        (row("mode +b", "p01!*@*", "#class"), "anna banned p01 from #class"),
        (row("mode +b", "~t:90:p01!*@*", "#class"), "anna banned p01 from #class for 90 minutes"),
        (row("mode +b", "~t:1440:*!p01@*", "#class"), "anna banned *!p01@* from #class for a day"),
        (row("mode -b", "~a:p20", "#class"), "anna ended the ban of the account p20 from #class"),
        (row("mode +e", "p01!*@*", "#class"), "anna exempted p01 from the bans of #class"),
        (row("mode -e", "p01!*@*", "#class"), "anna ended the exemption of p01 from the bans of #class"),
        (row("mode +I", "p01!*@*", "#class"), "anna let p01 join #class without an invitation"),
        (row("mode -I", "p01!*@*", "#class"), "anna no longer let p01 join #class without an invitation"),
        (row("mode +v", "p06", "#class"), "anna gave p06 a voice in #class"),
        (row("mode -v", "p06", "#class"), "anna took the voice of p06 in #class"),
        (row("mode +q", "p24", "#class"), "anna made p24 founder of #class"),
        (row("mode -o", "p24", "#class"), "anna took the role of operator of #class from p24"),
        (row("mode +k", "", "#class"), "anna set a key for #class"),
        (row("mode +l", "30", "#class"), "anna limited #class to 30 members"),
        (row("mode +f", "#more", "#class"), "anna sent who cannot join #class to #more"),
        (row("mode +i", "", "#class"), "anna made #class invite-only"),
        (row("mode +Z", "x", "#class"), "anna mode +Z x in #class"),
        (row("topic", "", "#class", "Chapter 2"), "anna set the topic of #class: Chapter 2"),
        (row("topic", "", "#class"), "anna removed the topic of #class"),
        (row("kick", "p40", "#class", "noise"), "anna removed p40 from #class: noise"),
        (row("kick founder", "p40", "#class", "noise"), "anna removed p40, a founder, from #class: noise"),
        (row("kill", "p40"), "anna ended the connections of p40"),
        (row("ban", "p40", detail="spam"), "anna banned p40 from the server: spam"),
        (row("ban", "p40", time=5, until=7 * 1440 * MINUTE + 5), "anna banned p40 from the server for 7 days"),
        (row("ban", "p40", time=5, until=90_000 + 5), "anna banned p40 from the server for 90 seconds"),
        (
            row("invitation-made", "3", detail="5", until=7 * 1440 * MINUTE),
            "anna made invitation 3, good for 7 days (uses: 5)",
        ),
        (row("invitation-used", "p41", detail="3"), "anna let p41 in with invitation 3"),
        (row("invitation-revoked", "p24", detail="3"), "anna took back invitation 3 of p24"),
        (row("invitation-revoked", detail="4"), "anna took back invitation 4"),
        (row("unban", "p40"), "anna ended the ban of p40"),
        (row("rename", "#class", "#p24rules"), "anna renamed #class to #p24rules"),
        (row("rename", "#{a}", "#{b}", detail="{nicer}"), "anna renamed #{a} to #{b}: {nicer}"),
        (row("role", "p1", detail="administrator"), "anna made p1 an administrator"),
        (row("role", "p1", detail="none"), "anna took the role of administrator from p1"),
        (row("redact", "p1", "#class", "rude"), "anna deleted a message of p1 in #class: rude"),
        (row("metadata", "p1", detail="url status"), "anna removed from the metadata of p1: url status"),
        (row("adduser", "p1"), "anna made the account p1"),
        (row("deluser", "p1"), "anna removed the account p1"),
        (row("passwd", "p1"), "anna gave p1 another password"),
        (row("sign-up", "closed"), "anna set sign-up to closed"),
        (row("heir", "p1", "#class"), "anna made p1 founder of #class, because no founder was left"),
        (row("no-heir", "", "#class"), "anna left #class without a founder, because no member has a role"),
        (row("else", "p1", "#class", "x"), "anna else p1 in #class: x"),
    ],
)  # fmt: skip
def test_an_act_in_words(act, told):
    """As the commands and the client say it."""
    assert words(act) == told


def test_every_mode_has_words():
    """No row shows letters only."""
    for letter in modes.LETTERS:
        for sign in "+-":
            told = words(row(f"mode {sign}{letter}", "x!*@*" if letter in modes.LISTS else "x", "#class"))
            assert "mode" not in told
            assert "#class" in told


def test_every_act_has_words():
    """Of each verb that the state records, no row shows only the verb."""
    model = Path(chatapp.__file__).parent / "model"
    texts = [path.read_text() for path in sorted(model.glob("*.py"))]
    verbs = {verb for text in texts for verb in re.findall(r'note_act\(\s*\w+,\s*\w+,\s*"([^"]+)"', text)}
    assert verbs >= {"ban", "kick", "role", "heir", "remove-certificate"}
    assert [verb for verb in verbs if f"{verb} x" in words(row(verb, "x", "#class"))] == []
