"""The first contact with a server in the full screen, at three sizes of the terminal, and the sign-in after it."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen
from tests.support.server import PASSWORD, Server, make_accounts, own_address, run_chat

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]

SECRET = "long-secret"
LOOPBACK = "127.0.0.1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server where alice and bob have accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", host="0.0.0.0") as server:
        server.addresses[0] = server.addresses[0]._replace(host=LOOPBACK)
        yield server


def test_the_key(server, sit, rows, columns):
    """The fingerprint that ``chat serve`` shows is on the screen; what is neither yes nor no is no answer."""
    elsewhere = own_address()
    if elsewhere is None:
        pytest.skip("the key of a server at a loopback address is trusted, and this machine has no other address")
    server.addresses[0] = server.addresses[0]._replace(host=elsewhere)
    bob = sit(server, "bob", rows, columns)
    fingerprint = next(word for word in " ".join(server.greeting).split() if word.startswith("SHA256:"))
    bob.until(lambda rows: fingerprint in "".join(row.strip() for row in rows), fingerprint)
    bob.shows("Is it the right one? [y/n]")
    bob.type("perhaps")
    bob.shows("y or n. Is it the right one? [y/n]")
    bob.type("y")
    bob.shows("Password for bob:")


def test_first_contact(server, sit, tmp_path, rows, columns):
    """Mistype a password; make an account, read the first words, stay signed in; the next start asks nothing."""
    mistypes_the_password(sit(server, "bob", rows, columns))
    dave = sit(server, "dave", rows, columns)
    makes_an_account(dave)
    reads_the_first_words(dave, rows * columns)
    stays_signed_in(dave, tmp_path / "config-dave")
    asks_nothing(sit(server, "dave", rows, columns))


def mistypes_the_password(bob: Screen) -> None:
    """A wrong password is said to be wrong, and asked for again; who says no does not stay signed in."""
    bob.shows("Password for bob:")
    bob.type("not it")
    bob.reads("The name or the password is wrong.")
    bob.shows("Password for bob:")
    bob.type(PASSWORD)
    bob.reads("Stay signed in on this device, without the password? Type y or n")
    bob.type("n")
    bob.reads("This device does not stay signed in. You are not asked again.")
    assert PASSWORD not in bob.raw


def makes_an_account(dave: Screen) -> None:
    """A new name is offered an account; its password is typed twice until both are the same."""
    dave.reads("Nobody is called dave here yet.")
    dave.shows("[y/n]")
    dave.type("y")
    for second in ("another", SECRET):
        dave.shows("New password for dave:")
        dave.type(SECRET)
        dave.shows("The same again:")
        dave.type(second)
    assert "The two are not the same." in dave.raw


def reads_the_first_words(dave: Screen, cells: int) -> None:
    """Three lines say who is here, how to write to somebody, and that F1 helps; a small screen has shorter lines."""
    here = "-- bob is in #lobby (1 is away). To write to everyone, type and press Enter."
    if cells < 600:
        dave.reads(here, "-- Ctrl-K writes to somebody. -- F1 shows the keys.")
    else:
        somebody = "-- To write to somebody: Ctrl-K and a name, or /dm NAME."
        dave.reads(here, somebody, "-- F1 shows the keys and commands.")
    dave.shows("Connected as dave")


def stays_signed_in(dave: Screen, config: Path) -> None:
    """A token is kept, which only its owner can read, and never the password."""
    dave.reads("Stay signed in on this device, without the password? Type y or n")
    dave.type("y")
    dave.reads("You stay signed in on this device.")
    dave.type("/exit")
    assert dave.ended() == 0
    assert stat.S_IMODE((config / "tokens").stat().st_mode) == 0o600
    kept = "".join(file.read_text() for file in config.iterdir() if file.is_file())
    assert "dave" in kept
    assert SECRET not in kept + dave.raw


def asks_nothing(dave: Screen) -> None:
    """The key and the person are known: the lobby is the first screen."""
    dave.reads("bob is in #lobby")
    dave.shows("Connected as dave")
    assert not re.search(r"\[y/n\]|assword|SHA256", dave.raw)
    dave.type("/exit")
    assert dave.ended() == 0


def test_an_invitation(server, tmp_path, rows, columns):
    """The link needs no question about the key; the new account is told where it is invited to."""
    place = f"{server.address.host}:{server.address.port}"
    link = run_chat("invite", "--host", place, "--data", server.data).stdout.strip()
    env = {"CHAT_CONFIG": str(tmp_path / "config-erin")}
    with Screen("connect", link, "erin", env=env, rows=rows, columns=columns, full=True) as erin:
        erin.reads("You are invited to Chat")
        for question in ("New password for erin:", "The same again:"):
            erin.shows(question)
            erin.type(SECRET)
        erin.shows("Connected as erin")
        assert not re.search(r"\[y/n\]|SHA256", erin.raw)
        erin.type("/exit")
        assert erin.ended() == 0
