"""What was acknowledged survives ``kill -9`` at any moment (DESIGN R4).

By hand, longer: ``CHAT_TEST_KILLS=500 pytest tests/process/test_crash.py``. A failure names its seed; give it again as
``CHAT_TEST_SEED`` (the moments of the kills are the same then, what the server was at is only nearly the same).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
from pathlib import Path

import pytest

from tests.process import crowd
from tests.process.crowd import ABSENT, CHANNELS, FICKLE, SECRET, TALKERS, Fickle, Gone, Talker
from tests.process.ledger import Ledger
from tests.support.irc import Client
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.long, pytest.mark.once]

KILLS = int(os.environ.get("CHAT_TEST_KILLS", "8"))
SEED = int(os.environ.get("CHAT_TEST_SEED", "0")) or secrets.randbits(32)
TALK_S = 0.2  # at most, until the next kill
START_S = 0.4  # at most, until a kill during the start
KILLED_AT_START = 0.2  # share of the starts


def prepare(server: Server) -> None:
    """Make the channels, with the members that they keep."""
    for nick in TALKERS:
        with Client(server.address) as client:
            client.sign_in(nick)
            mine = [name for name, members in CHANNELS.items() if nick in members]
            client.send(f"JOIN {','.join(mine)}")
            client.sync()
    with Client(server.address) as client:
        client.sign_in("owner")
        client.ask(f"JOIN {SECRET}", " 366 ")


async def life(server: Server, ledger: Ledger, dice: random.Random) -> None:
    """Let everyone read what the last life left, then talk; then the server is killed."""
    talkers = {nick: Talker(nick, ledger, dice) for nick in TALKERS}
    fickle = [Fickle(nick, ledger, dice) for nick in FICKLE]
    everyone = [*talkers.values(), *fickle]
    try:
        await crowd.together([lambda one=one: one.connect(server.address) for one in everyone])  # type: ignore[misc]
        await crowd.read_back(ledger, talkers)

        async def end() -> None:
            await asyncio.sleep(dice.uniform(0, TALK_S))  # any moment is as good
            await asyncio.to_thread(server.kill)

        await crowd.together([end, *(one.talk for one in everyone)])
    finally:
        await crowd.together([one.close for one in everyone])


async def last_look(server: Server, ledger: Ledger, dice: random.Random) -> None:
    """Read everything once more from its beginning."""
    talkers = {nick: Talker(nick, ledger, dice) for nick in TALKERS}
    try:
        await crowd.together([lambda one=one: one.connect(server.address) for one in talkers.values()])  # type: ignore[misc]
        await crowd.read_back(ledger, talkers)
        await crowd.read_back(ledger, talkers, afresh=True)
    finally:
        await crowd.together([one.close for one in talkers.values()])


def killed_at_start(server: Server, dice: random.Random) -> None:
    """Kill the server before or just after it is ready."""
    server.spawn()
    with contextlib.suppress(Gone):
        asyncio.run(asyncio.sleep(dice.uniform(0, START_S)))
    server.kill()


def test_killed_in_its_first_moments(tmp_path: Path) -> None:
    """However far it came with its folder, certificate, accounts and log, the next start goes on from there."""
    dice = random.Random(SEED)
    for life_number in range(4):
        data = tmp_path / f"data{life_number}"
        make_accounts(data, ["alice"])
        server = Server(data)
        for _ in range(2):
            killed_at_start(server, dice)
        with server, Client(server.address) as alice:
            alice.sign_in("alice").say("#lobby", "hello")


@pytest.mark.timeout(100 + 4 * KILLS)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    """ "What was echoed survives kill -9": each message is there exactly once, for everyone in the same order and
    under the same msgid; what was refused is not there; what was sent again under the same id is there once.
    """
    dice = random.Random(SEED)
    data = tmp_path / "data"
    make_accounts(data, [*TALKERS, ABSENT, "owner"])
    ledger = Ledger()
    try:
        with Server(data, "--no-rate-limits") as server:
            prepare(server)
            for _ in range(KILLS):
                asyncio.run(life(server, ledger, dice))
                if dice.random() < KILLED_AT_START:
                    killed_at_start(server, dice)
                server.start()
            asyncio.run(last_look(server, ledger, dice))
            assert server.stop() == 0
            server.start()
            asyncio.run(last_look(server, ledger, dice))
    except BaseException as error:
        error.add_note(f"CHAT_TEST_SEED={SEED}")
        raise
    echoed = [sent for sent in ledger.sent.values() if sent.echoed]
    assert len(echoed) > 10 * KILLS, "there was not enough talk for this to prove anything"
