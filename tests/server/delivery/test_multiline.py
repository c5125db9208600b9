"""A message of several lines and what a recipient negotiated -> the batch, or the lines, that it gets."""

from __future__ import annotations

import pytest

from chatapp.model.events import MultilineSent
from chatapp.model.state import State
from chatapp.server import capabilities as cap
from chatapp.server.delivery import multiline, render
from chatapp.server.delivery.past import past_items
from chatapp.server.delivery.response import Batch

ID = "00000000000000aa"
MESSAGE = MultilineSent(
    id=ID, time=1_767_225_600_000, actor="a", nick="alice", stream="c", verb="PRIVMSG", target="#room",
    text="\none\n\ntwo and three", splits=(14,), tags={"+reply": "x"},
)  # fmt: skip
ALL_TAGS = cap.SERVER_TIME | cap.MESSAGE_TAGS | cap.ACCOUNT_TAG
SHARED = "time=2026-01-01T00:00:00.000Z"


def read(caps: int) -> list[str]:
    """Write the message for a recipient with these capabilities."""
    return multiline.data(MESSAGE, caps, "s").decode().split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("caps", "tags"),
    [
        (0, ""),
        (ALL_TAGS, f"@{SHARED};msgid={ID};account=alice;+reply=x "),
        (cap.SERVER_TIME | cap.CHATHISTORY, f"@{SHARED} "),
    ],
)
def test_a_batch(caps, tags):
    """The tags are on the BATCH command; the lines are those of the sender, blank ones and cut ones too."""
    batch = f"@batch={ID}"
    assert read(multiline.NEEDED | caps) == [
        f"{tags}:alice!alice@s BATCH +{ID} draft/multiline #room",
        f"{batch} :alice!alice@s PRIVMSG #room :",
        f"{batch} :alice!alice@s PRIVMSG #room :one",
        f"{batch} :alice!alice@s PRIVMSG #room :",
        f"{batch} :alice!alice@s PRIVMSG #room :two and ",
        f"{batch};draft/multiline-concat :alice!alice@s PRIVMSG #room :three",
        f":alice!alice@s BATCH -{ID}",
    ]


@pytest.mark.parametrize(
    ("caps", "first", "further"),
    [
        (0, "", ""),
        (cap.BATCH, "", ""),
        (cap.MULTILINE, "", ""),
        (ALL_TAGS, f"@{SHARED};msgid={ID};account=alice;+reply=x ", f"@{SHARED};account=alice "),
        (cap.MESSAGE_TAGS, f"@msgid={ID};+reply=x ", ""),
        (cap.MESSAGE_TAGS | cap.MULTILINE, f"@msgid={ID};+reply=x ", ""),
    ],
)
def test_separate_lines(caps, first, further):
    """ "Servers MUST NOT send blank lines to clients that have not negotiated the multiline capability"; "Servers MUST
    only include a message ID on the first message of a batch when sending a fallback to non-supporting clients"; and
    "the batch capability MUST be negotiated to use multiline messages".
    """
    assert read(caps) == [
        f"{first}:alice!alice@s PRIVMSG #room :one",
        f"{further}:alice!alice@s PRIVMSG #room :two and ",
        f"{further}:alice!alice@s PRIVMSG #room :three",
    ]


@pytest.mark.parametrize("caps", [0, multiline.NEEDED, multiline.PROFILE])
def test_an_erased_message(caps):
    """Nothing is sent: "Clients MUST NOT send messages consisting entirely of blank lines", nor does the server."""
    erased = MultilineSent(id=ID, time=1, actor="a", nick="alice", stream="c", verb="PRIVMSG", target="#room", text="")
    assert multiline.items(erased, caps, "s") == []


@pytest.mark.parametrize("caps", [0, multiline.NEEDED])
def test_a_name_that_became_longer(caps):
    """A line of the past keeps 512 bytes; its source is shortened, never its text."""
    nick, text = "n" * 32, "x" * 440
    state = State()
    state.gone["a"] = type("Gone", (), {"name": nick})()  # type: ignore[assignment]
    state.name_shown = lambda uid, name: f"{name}~1"  # type: ignore[method-assign]
    message = MultilineSent(
        id=ID, time=1, actor="a", nick=nick, stream="c", verb="PRIVMSG", target="#room", text=f"{text}\n{text}"
    )
    items = past_items(state, message, caps, "server.example")
    lines = [line for item in items for line in ([item] if isinstance(item, bytes) else item.lines)]
    assert len(lines) == 2
    for line in lines:
        assert len(line.partition(b":")[2]) + 1 <= 512
        assert line.endswith(f":{nick}~1!*@* PRIVMSG #room :{text}\r\n".encode())


def test_a_message_of_the_past_is_one_item_for_who_knows_batches():
    """So that it can be nested in the batch of a page."""
    (item,) = past_items(State(), MESSAGE, multiline.NEEDED, "s")
    assert isinstance(item, Batch)
    assert len(past_items(State(), MESSAGE, 0, "s")) == 3


def test_more_splits_for_longer_names():
    """Each line has room; a client that joins the lines gets the text as it was sent."""
    text = "a" * 400 + "\n\n" + "\U0001f600" * 100 + "bb" + "\n" + "c"
    message = MultilineSent(
        id=ID, time=1, actor="a", nick="alice", stream="c", verb="PRIVMSG", target=f"#{'x' * 250}", text=text,
        splits=(10, 490),
    )  # fmt: skip
    shown = multiline.with_new_names(message)
    joined = "".join(
        ("" if continues or not index else "\n") + part for index, (part, continues) in enumerate(shown.parts())
    )
    assert joined == text
    assert {10, 490} < set(shown.splits)
    assert all(len(part.encode()) <= render.room_for_text(message) for part, _ in shown.parts())
    assert multiline.with_new_names(shown) == shown
