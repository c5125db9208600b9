"""The player of ``tests/scripts``: a script that says anything else than what happens fails, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.script_file import ScriptError, read
from tests.server.stage import Stage

HEAD = (
    "A title\n\n    -- accounts: alice bob\n    -- alice signs in with echo-message message-tags\n    -- bob signs in\n"
)
BOB_HEARS = "    bob< :alice!alice@chat.home PRIVMSG bob :hi\n"
ECHO = "    alice< @msgid={m1} :alice!alice@chat.home PRIVMSG bob :hi\n"
SAID = HEAD + "    alice> PRIVMSG bob :hi\n" + ECHO + BOB_HEARS  # lines 6 to 8
PONG = "    alice> PING x\n    alice< :chat.home PONG chat.home :x\n"


def play(folder: Path, text: str) -> None:
    """Play a text as a script."""
    path = folder / "x.txt"
    path.write_text(text)
    stage = Stage(folder)
    try:
        stage.play(read(path))
    except BaseException:
        stage.abandon()
        raise
    stage.close()


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        HEAD + PONG,
        SAID + "    alice>> @+reply={m1} PRIVMSG bob :␁ACTION {3 x}␁\n    alice> PING x\n"
        "    alice< @msgid={m2};+reply={m1} :alice!alice@chat.home PRIVMSG bob :␁ACTION xxx␁\n"
        "    alice< :chat.home PONG chat.home :x\n    bob< :alice!alice@chat.home PRIVMSG bob :␁ACTION xxx␁\n",
        SAID + "    -- 2 h later\n",
        HEAD + "    -- bob answers no PING\n    alice> PRIVMSG bob :hi\n" + ECHO + BOB_HEARS + "    -- 1 min later\n"
        "    bob< PING :{ping}\n    -- 2 min later\n    bob< ERROR :...\n    bob< <closed>\n",
    ],
)  # fmt: skip
def test_what_happens(tmp_path: Path, text: str) -> None:
    """A script that says what happens is played to its end."""
    play(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SAID.replace(BOB_HEARS, ""), "x.txt:7: at the end, bob sees what the script does not say"),
        (SAID.replace(BOB_HEARS, PONG), "x.txt:8: before this step, bob sees what the script does not say"),
        (SAID.replace(BOB_HEARS, "    -- 1 s later\n"), "x.txt:8: before this step, bob sees"),
        (SAID + BOB_HEARS, "x.txt:9: bob sees nothing"),
        (SAID + "    bob< <closed>\n", "x.txt:9: bob sees nothing"),
        (SAID.replace("bob :hi\n" + BOB_HEARS, "bob :ho\n" + BOB_HEARS), "x.txt:7: alice sees another line"),
        (SAID + SAID.removeprefix(HEAD), "x.txt:10: alice sees another line"),  # m1 is the id of the first message
        (SAID + "    alice> PRIVMSG alice :{m1}\n    alice< @msgid={m2} :alice!alice@chat.home PRIVMSG alice :{m3}\n",
         "x.txt:10: {m3} is the same as {m1}"),
        (HEAD + "    -- alice sees the welcome\n    bob< x\n", "x.txt:6: alice does not see the welcome"),
    ],
)  # fmt: skip
def test_what_does_not_happen(tmp_path: Path, text: str, words: str) -> None:
    """A line too many, a missing line, another line, and another value for a name: each fails, with file and line."""
    with pytest.raises(AssertionError) as error:
        play(tmp_path, text)
    assert str(error.value).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x.txt:1: A script begins with"),
        ("    -- accounts: alice\n", "x.txt:1: A script begins with"),
        ("A title\n    -- accounts: alice\n", "x.txt:1: A script begins with"),
        ("A title\n\nOnly text.\n", "x.txt:4: Nobody sees anything"),
        (HEAD, "x.txt:6: Nobody sees anything"),
        (SAID + "alice> PING x\n", "x.txt:9: A step stands four spaces"),
        (SAID + "-- 1 s later\n", "x.txt:9: A step stands four spaces"),
        (SAID + "  alice> PING x\n", "x.txt:9: A step stands four spaces"),
        (SAID + "\talice> PING x\n", "x.txt:9: A step stands four spaces"),
        (SAID + "     alice> PING x\n", "x.txt:9: A step stands four spaces"),
        (SAID + "    alice> PING x \n", "x.txt:9: White space ends this line"),
        (SAID + "    \n", "x.txt:9: White space ends this line"),
        (SAID + "    alice PING x\n", "x.txt:9: This is no step: alice PING x"),
        (SAID + "    alice>PING x\n", "x.txt:9: This is no step: alice>PING x"),
        (SAID + "    -- alice dances\n", "x.txt:9: README.md describes no such step: -- alice dances"),
        (SAID + "    -- 1 days later\n", "x.txt:9: README.md describes no such step"),
        (SAID + "    -- accounts: carol\n", "x.txt:9: This stands before anything else happens."),
        (SAID + "    -- bob signs in\n", "x.txt:9: bob is connected; name another device bob.phone."),
        (SAID + "    -- bob.phone signs in with magic\n", "x.txt:9: The server does not offer all of magic."),
        (SAID + "    -- bob.phone signs in on the second server\n", "x.txt:9: There is one server."),
        (SAID + "    carol> PING x\n", "x.txt:9: There is no connection of carol."),
        (SAID + "    carol< x\n", "x.txt:9: There is no connection of carol."),
        (SAID + "    alice> REDACT bob {m2}\n", "x.txt:9: Nobody has seen {m2} yet."),
        (SAID + "    -- alice sends 2 times: PING {m2}\n", "x.txt:9: Nobody has seen {m2} yet."),
        (SAID + "    alice>> PING x\n", "x.txt:9: These never sent the lines after >>: alice"),
        (SAID.replace("    -- acc", "    -- settings: magic=yes\n    -- acc"), "x.txt:3: There is no setting magic."),
        (SAID.replace("    -- acc", "    -- settings: redact_s=x\n    -- acc"), "x.txt:3: redact_s cannot be x."),
        (SAID.replace("    -- acc", "    -- settings: guests=on\n    -- acc"), "x.txt:3: guests cannot be on."),
    ],
)  # fmt: skip
def test_a_script_without_the_form(tmp_path: Path, text: str, words: str) -> None:
    """What README.md does not describe is an error with file and line, never text that is passed over."""
    with pytest.raises(ScriptError) as error:
        play(tmp_path, text)
    assert str(error.value).startswith(words)
