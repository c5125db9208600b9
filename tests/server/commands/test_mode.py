"""MODE: there are none to change yet, but clients ask."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("MODE #ROOM", ["324 alice #room +", "329 alice #room {when}"]),
        ("MODE #room +b", ["472 alice b :..."]),
        ("MODE #ROOM b", ["368 alice #room :Nobody can be banned here: channels have no bans."]),
        ("MODE #room b *!*@*", ["472 alice b :..."]),
        ("MODE #room e", ["472 alice e :..."]),
        ("MODE #room +I", ["472 alice I :..."]),
        ("MODE #room +b *!*@*", ["472 alice b :..."]),
        ("MODE #room +i", ["472 alice i :..."]),
        ("MODE #room -t", ["472 alice t :..."]),
        ("MODE #room +o bob", ["472 alice o :..."]),
        ("MODE #room +", ["324 alice #room +", "329 alice #room {when}"]),
        ("MODE #room ++--", ["472 alice * :..."]),
        ("MODE #none", ["403 alice #none :There is no such channel."]),
        ("MODE :#a b", ["403 alice * :There is no such channel."]),
        ("MODE ALICE", ["221 alice +i"]),
        ("MODE alice +i", ["221 alice +i"]),
        ("MODE alice +x", ["501 alice :..."]),
        ("MODE bob", ["502 alice :..."]),
        ("MODE nobody", ["401 alice nobody :..."]),
        ("MODE", ["461 alice MODE :..."]),
    ],
)
def test_mode(world, line, answers):
    """Questions are answered; changes are refused with the letter."""
    world.enter("alice")
    world.channel("#room", "alice")
    lines = "".join(f"alice< :s {answer}\n" for answer in answers)
    world.play(f"""
        alice> {line}
        {lines}
    """)
