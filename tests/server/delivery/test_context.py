"""The context of a page: reactions and edits that are later than the page follow their message.

Spec: IRCv3 draft/chathistory, "draft/chathistory-context tag".
"""

from __future__ import annotations

from chatapp.model.events import MessageEdited, MessageSent
from chatapp.server import capabilities as cap
from chatapp.server.delivery.context import NEEDED, with_context

CAPS = NEEDED | cap.MESSAGE_EDIT


def said(id: str, who: str = "al", about: str = "") -> MessageSent:
    """Make a message, or a reaction to the message ``about``."""
    tags = {"+draft/react": "x", "+reply": about} if about else None
    head = {"id": id, "time": 1, "actor": who, "nick": who, "stream": "room"}
    return MessageSent(
        **head, verb="TAGMSG" if about else "PRIVMSG", target="#room", text="" if about else id, tags=tags
    )


def edited(id: str, about: str) -> MessageEdited:
    """Make an edit of a message."""
    rule = {
        "position": 1,
        "author": "al",
        "sent": 1,
        "said": "PRIVMSG",
        "was": "",
        "within": 1,
        "earlier": 0,
        "most": 1,
    }
    head = {"id": id, "time": 2, "actor": "al", "nick": "al", "stream": "room"}
    return MessageEdited(**head, verb="EDIT", target="#room", text=id, msgid=about, **rule)


def ids(page, remarks, hidden=(), caps=CAPS, most=9) -> str:
    """Return the ids of the events of a page with its context; an id of the context has a star."""
    found = with_context(page, remarks, hidden, caps, most)
    return " ".join(each.id + "*" * ("draft/chathistory-context" in (each.tags or {})) for each in found)


def test_they_follow_their_message():
    """ "MUST be tagged [...] and MUST immediately follow their parent message"."""
    page, remarks = (
        [said("1"), said("2"), said("3")],
        [said("4", about="2"), said("5", about="1"), said("6", about="2")],
    )
    assert ids(page, remarks) == "1 5* 2 4* 6* 3"
    assert page == [said("1"), said("2"), said("3")]


def test_what_is_in_the_page_is_no_context():
    """An event of the page is there once, at its own place, without the tag."""
    assert ids([said("1"), said("2"), said("3", about="1")], [said("3", about="1"), said("4", about="1")]) == "1 4* 2 3"


def test_only_the_newest_edit():
    """A client that knows EDIT gets the newest edit of each message; others have the text already."""
    remarks = [edited("2", "1"), said("3", about="1"), edited("4", "1")]
    assert ids([said("1")], remarks) == "1 3* 4*"
    assert ids([said("1")], remarks, caps=NEEDED) == "1 3*"


def test_of_and_to_silenced_users():
    """Who silences a user gets neither its reactions, nor reactions to its messages, which would follow another one."""
    page = [said("1"), said("2", "bo")]
    remarks = [said("3", about="2"), said("4", "bo", about="1"), said("5", "cy", about="1")]
    assert ids(page, remarks, hidden={"bo": None}) == "1 5* 2"


def test_it_is_bounded():
    """ "Everything is bounded": the newest are kept."""
    remarks = [said(str(number), about="1") for number in range(2, 9)]
    assert ids([said("1")], remarks, most=2) == "1 7* 8*"
    assert ids([said("1")], remarks, most=0) == "1"
