"""Pages of the past for people whose clients know no batches."""

from __future__ import annotations


def test_what_text_becomes_of_messages(make_world):
    """Actions and notices look like themselves, each line of a message is one, and a long one is continued."""
    world = make_world(accounts="alice bob")
    alice, bob = world.enter("alice"), world.enter("bob", "batch draft/multiline message-tags")
    world.channel("#room", "alice bob")
    world.deaf()
    long = "é" * 238 + "word"
    bob.say(
        "PRIVMSG #room :\x01ACTION waves a word\x01", "NOTICE #room :word", f"PRIVMSG #room :{long}", "TAGMSG #room"
    )
    bob.say(
        "BATCH +1 draft/multiline #room",
        "@batch=1 PRIVMSG #room :one word",
        "@batch=1 PRIVMSG #room :",
        "@batch=1 PRIVMSG #room :two",
        "BATCH -1",
    )
    bob.say("@+react=word TAGMSG #room")
    alice.hear()
    head = ":s NOTICE alice :[2026-01-01 00:16] #room"
    *told, last = alice.ask("SEARCH in=#room")
    assert told[:2] == [f"{head} * bob waves a word", f"{head} -bob- word"]
    assert told[4:] == [f"{head} <bob> one word", f"{head} <bob> two"]
    assert all(line.startswith(f"{head} <bob> é") or line.endswith("word") for line in told[2:4])
    assert "".join(line.removeprefix(f"{head} <bob> ") for line in told[2:4]) == long
    assert last == ":s NOTICE alice :4 messages found."


def test_a_blank_message(make_world):
    """A message of spaces has a line and counts, as it does in a page; an erased message has none."""
    world = make_world(accounts="alice bob")
    alice, bob = world.enter("alice"), world.enter("bob", "draft/message-redaction message-tags echo-message")
    world.channel("#room", "alice bob")
    (echo,) = bob.ask("PRIVMSG #room :erased")
    bob.ask(f"REDACT #room {echo.partition('msgid=')[2].partition(' ')[0]}", "PRIVMSG #room :  ")
    alice.hear()
    told = alice.ask("CHATHISTORY LATEST #room * 10")
    assert told == [":s NOTICE alice :[2026-01-01 00:16] #room <bob> ", ":s NOTICE alice :1 message in #room."]
