"""Our client and the server: replies, reactions, corrections and deletions, as two people read them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from chatapp.client.core.capabilities import EDIT
from chatapp.client.core.events import Event
from chatapp.client.core.recent import Which
from chatapp.client.fronts import output
from chatapp.client.fronts.commands import UsageError, message_of
from tests.server.person import Person
from tests.server.world import HASH, PASSWORD, World


class Listener(Person):
    """Somebody with a password, whose events are also there as lines of JSON."""

    def __init__(self, world: World, name: str) -> None:
        self.json: list[dict[str, object]] = []
        super().__init__(world, name, password=PASSWORD)

    def heard(self, events: Sequence[Event]) -> None:
        """Show events, and keep them."""
        self.json += [json.loads(output.as_json(each)) for each in events if type(each) in output._TYPES]
        super().heard(events)


@pytest.fixture
def people(make_world):
    """Alice and bob, both in #dev and at the conversation there."""
    world = make_world(accounts="alice bob", rate_limits=False)
    alice, bob = Listener(world, "alice"), Listener(world, "bob")
    for person in (alice, bob):
        person.see()
        person.type("/join #dev")
    alice.see()
    return alice, bob


def test_a_reply(people):
    """The answer shows what it is about, on both sides; it is sent as any text, with its tag."""
    alice, bob = people
    alice.type("shall we go?")
    bob.see()
    assert bob.type("/reply yes") == ["-- Sent to #dev."]
    assert alice.see() == ['12:00 #dev <bob> (to "alice: shall we go?") yes']
    assert alice.json[-1]["reply_to"]


def test_a_correction(people):
    """Everybody reads what was corrected; the history has the newest text."""
    alice, bob = people
    alice.type("see you at ni")
    alice.type("and bring cake")
    bob.see()
    assert alice.type("/edit -2 see you at nine") == ['-- You corrected "see you at ni" in #dev: see you at nine']
    assert bob.see() == ['-- alice corrected "see you at ni" in #dev: see you at nine']
    assert alice.type("/edit -2 see you at ten") == ['-- You corrected "see you at nine" in #dev: see you at ten']
    bob.see()
    assert bob.type("/history 2")[1:] == [
        "12:00 #dev <alice> see you at ten (edited)",
        "12:00 #dev <alice> and bring cake",
    ]
    assert bob.json[-1]["messages"][0]["edited"]  # type: ignore[index]


def test_reactions(people):
    """In plain words, as they come and in the history."""
    alice, bob = people
    alice.type("it works")
    bob.see()
    assert bob.type("/react 👍") == ['-- You reacted with 👍 to "it works" in #dev.']
    bob.type("/react @alice 🎉")
    assert bob.type("/react off 🎉") == ['-- You removed the reaction 🎉 from "it works" in #dev.']
    assert alice.see()[0] == '-- bob reacted with 👍 to "it works" in #dev.'
    assert alice.type("/history 1")[1:2] == ["12:00 #dev <alice> it works [👍 1]"]
    (message,) = (each for each in alice.json[-1]["messages"] if each["text"] == "it works")  # type: ignore[attr-defined]
    assert message["reactions"] == [{"text": "👍", "users": 1, "nicks": ["bob"]}]


def test_a_deletion(people):
    """Our last message goes; a founder deletes what another has written; others may not."""
    alice, bob = people
    bob.type("oops")
    alice.see()
    assert bob.type("/delete") == ['-- You deleted "oops" in #dev.']
    assert alice.see() == ['-- bob deleted "oops" in #dev.']
    bob.type("spam")
    alice.see()
    assert alice.type("/delete @bob no ads") == ['-- You deleted "spam" by bob in #dev: no ads']
    assert bob.see() == ['-- alice deleted "spam" by bob in #dev: no ads']
    alice.type("mine")
    bob.see()
    (refused,) = bob.type("/delete @alice")
    assert refused.startswith("-- deleting the message: ")


def test_no_such_message(people):
    """Nothing is sent, and the person is told."""
    alice, _ = people
    assert alice.type("/edit x") == [
        "-- Not done: no such message of yours in #dev is known here. /history shows earlier ones."
    ]
    assert alice.type("/react @eve x") == [
        "-- Not done: no such message of eve in #dev is known here. /history shows earlier ones."
    ]
    alice.type("/menu")
    assert alice.type("/reply x") == ["-- In which conversation? Begin it first, with DM, BM or /join #CHANNEL."]


def test_a_text_that_has_not_arrived(people):
    """The last message is not another one because the last text is still on its way."""
    alice, _ = people
    alice.type("first")
    alice.model.typed("second")
    with pytest.raises(UsageError, match="not arrived yet"):
        message_of(alice.session, "#dev", Which(own=True), EDIT)


def replace(world: World, name: str) -> Person:
    """Remove an account and give its name to another one, which is connected."""
    world.services.accounts._file.remove(name)
    world.advance(1)
    world.services.accounts._file.add(name, HASH, reuse=True)
    world.advance(1)
    other = Listener(world, name)
    other.see()
    return other


def test_an_account_that_was_replaced_while_the_connection_was_lost(people):
    """What was typed meanwhile, and what is typed then, does not reach whoever has the name now (DESIGN R1)."""
    alice, _ = people
    world = alice.world
    alice.type("/dm bob hello")
    alice.type("/dm bob")
    alice.drop()
    assert not [row for row in alice.type("a secret") if "Sent" in row]
    other = replace(world, "bob")
    alice.open()
    rows = alice.see()
    gone = rows.index("-- bob is no longer on this server (The account was removed).")
    assert "-- Not sent to bob: The bob you wrote to is no longer on this server." in rows
    assert rows[gone + 1] == "-- What you type here now goes to nobody. Enter goes back to the menu."
    assert alice.type("still there?")[-1].startswith("-- Not sent: the bob you talked with is no longer")
    assert other.see() == []
    alice.type("")
    alice.type("/dm bob who are you?")
    assert other.see() == ["12:00 to you <alice> who are you?"]


def test_the_same_with_a_second_client_that_was_told(people):
    """The server tells an account once who has gone; its other client finds out when it writes."""
    alice, bob = people
    second = Listener(alice.world, "alice")
    second.see()
    bob.type("/dm alice hi")
    alice.see()
    second.see()
    second.type("/dm bob")
    second.drop()
    second.type("a secret")
    other = replace(alice.world, "bob")
    assert "-- bob is no longer on this server (The account was removed)." in alice.see()
    second.open()
    rows = second.see()
    assert rows.index("-- bob is no longer on this server.") < rows.index(
        "-- Not sent to bob: whoever had this name is no longer on this server. Somebody else has the name now."
    )
    assert second.type("still there?")[-1].startswith("-- Not sent: the bob you talked with is no longer")
    assert other.see() == []


def test_the_same_without_any_message_before(people):
    """The person who types the name means who had it when the connection was lost."""
    alice, _ = people
    alice.drop()
    alice.type("/dm bob a first secret")
    other = replace(alice.world, "bob")
    alice.open()
    assert any(row.startswith("-- Not sent") for row in alice.see())
    assert other.see() == []


def test_a_new_partner_after_a_crash(people):
    """That the old one has gone may be told again; the new one has been met since, and gets what was typed."""
    alice, _ = people
    alice.type("/dm bob hello")
    other = replace(alice.world, "bob")
    alice.see()
    alice.type("")
    alice.type("/dm bob are you new?")
    other.see()
    alice.drop()
    alice.type("/dm bob welcome")
    alice.world.crash()
    alice.world.start_again()
    alice.open()
    assert not [row for row in alice.see() if "no longer" in row or "Not sent" in row]
    other.session.closed()
    other.open()
    assert any("welcome" in row for row in other.see())
