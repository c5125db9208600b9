"""PERSISTENCE. The quotations are from IRCv3 draft/persistence."""

from __future__ import annotations

import pytest

STATUS = ":s PERSISTENCE STATUS DEFAULT ON"


@pytest.mark.parametrize("caps", ["", "draft/persistence"])
def test_the_welcome(world, caps):
    """ "after the last 005 numeric but before either 376 RPL_ENDOFMOTD or 422 ERR_NOMOTD", if it is negotiated."""
    alice = world.connect(
        "alice", says=f"CAP REQ :{caps or 'batch'}\nPASS alice:sesame\nNICK alice\nUSER a 0 * :a\nCAP END"
    )
    heard = alice.hear()
    last = max(index for index, line in enumerate(heard) if " 005 " in line)
    assert (STATUS in heard) is bool(caps)
    if caps:
        assert last < heard.index(STATUS) < next(index for index, line in enumerate(heard) if " 422 " in line)


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("GET", [STATUS]),
        ("get", [STATUS]),
        ("SET ON", [STATUS]),
        ("SET default", [STATUS]),
        (
            "SET OFF",
            [STATUS, ":s NOTE PERSISTENCE ALWAYS_ON :An account stays in its channels when it disconnects. ..."],
        ),
        ("SET", [":s FAIL PERSISTENCE INVALID_PARAMETERS :Usage: PERSISTENCE SET <ON, OFF or DEFAULT>"]),
        ("SET maybe", [":s FAIL PERSISTENCE INVALID_PARAMETERS :..."]),
        ("STATUS ON ON", []),
        ("", [":s 461 alice PERSISTENCE :..."]),
    ],
)
def test_answers(world, line, answers):
    """ "the server MUST NOT send a FAIL response, but MUST send a PERSISTENCE STATUS response"."""
    world.enter("alice", "draft/persistence")
    world.play("\n".join([f"alice> PERSISTENCE {line}".rstrip(), *(f"alice< {answer}" for answer in answers)]))


def test_answers_in_sentences(world):
    """A client without the capability would show the line as an error."""
    alice = world.enter("alice", old=True)
    assert alice.ask("PERSISTENCE GET") == [":s NOTICE alice :Your account stays in its channels when it disconnects."]


def test_guests(make_world):
    """ "Unauthenticated clients attempting to issue GET or SET SHOULD receive" ACCOUNT_REQUIRED; an account is told."""
    world = make_world(accounts="alice", guests=True)
    gast = world.connect("gast", says="CAP REQ :draft/persistence\nNICK gast\nUSER g 0 * :g\nCAP END")
    assert STATUS not in gast.hear()
    for line in ("GET", "SET ON"):
        (fail,) = gast.ask(f"PERSISTENCE {line}")
        assert fail.startswith(":s FAIL PERSISTENCE ACCOUNT_REQUIRED :")
    assert STATUS in gast.ask("REGISTER * * long-enough-password")
