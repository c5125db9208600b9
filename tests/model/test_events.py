"""The facts the log holds, and their form, which is for good."""

from __future__ import annotations

import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import DataError
from chatapp.model import events, remarks

KINDS = typing.get_args(events.AnyEvent)

HEAD = '"0123456789abcdef",1767225600000,"00000000000a11ce","alice",false,"00000000000c4a77"'

# What logs hold that were written by any version since. Lines are added here, never changed.
STORED = [
    (f'["account-created/1",{HEAD},"00000000000a11ce","alice","#lobby"]', events.AccountCreatedBefore),
    (f'["account-created/2",{HEAD},"00000000000a11ce","alice","#lobby","nt"]', events.AccountCreated),
    (f'["account-removed/1",{HEAD}]', events.AccountRemoved),
    (f'["guest-arrived/1",{HEAD},"zoe","Zoé"]', events.GuestArrived),
    (f'["guest-left/1",{HEAD},"Quit: bye"]', events.GuestLeft),
    (f'["renamed/1",{HEAD},"zoe2"]', events.RenamedBefore),
    (f'["renamed/2",{HEAD},"zoe2"]', events.Renamed),
    (f'["realname-set/1",{HEAD},"Alice A."]', events.RealnameSet),
    (f'["realname-adopted/1",{HEAD},"Alice A."]', events.RealnameAdopted),
    (f'["joined/1",{HEAD},"#room"]', events.JoinedBefore),
    (f'["joined/2",{HEAD},"#room","key","nt"]', events.Joined),
    (f'["kicked/1",{HEAD},"00000000000000b0","bob","noise"]', events.Kicked),
    (
        f'["modes-changed/1",{HEAD},[["+","o","00000000000000b0"],["-","t",""],["+","b","eve!*@*"]]]',
        events.ModesChangedBefore,
    ),
    (
        f'["modes-changed/2",{HEAD},[["+","o","00000000000000b0"],["-","t",""],["+","b","eve!*@*"]]]',
        events.ModesUnexplained,
    ),
    (f'["modes-changed/3",{HEAD},[["+","b","~m:eve!*@*"]],"too loud"]', events.ModesExplained),
    (f'["modes-changed/4",{HEAD},[["-","b","~m:eve!*@*"],["+","b","~t:5:~m:eve!*@*"]],""]', events.ModesChanged),
    (f'["masks-lapsed/1",{HEAD},[["-","b","~t:5:~m:eve!*@*"]]]', events.MasksLapsed),
    (f'["invited/1",{HEAD},"00000000000000b0"]', events.Invited),
    (f'["uninvited/1",{HEAD},"00000000000000b0"]', events.Uninvited),
    (f'["banned/1",{HEAD},"eve","00000000000000e1",1767225600000,"spam"]', events.Banned),
    (f'["unbanned/1",{HEAD},"203.0.113.0/24",""]', events.Unbanned),
    (f'["killed/1",{HEAD},"00000000000000e1","eve","spam"]', events.Killed),
    (f'["silenced/1",{HEAD},"00000000000000e1",true]', events.Silenced),
    (f'["certificate-added/1",{HEAD},"{"a5" * 32}","0123456789abcdef"]', events.CertificateAdded),
    (f'["certificate-removed/1",{HEAD},"{"a5" * 32}"]', events.CertificateRemoved),
    (
        f'["token-added/1",{HEAD},"0123456789abcd00","00000000000a11ce","{"a5" * 32}","laptop","0123456789abcdef",'
        '["#ops","bob"]]',
        events.TokenAdded,
    ),
    (f'["token-removed/1",{HEAD},"0123456789abcd00","00000000000a11ce","laptop"]', events.TokenRemoved),
    (f'["token-used/1",{HEAD},"0123456789abcd00","00000000000a11ce"]', events.TokenUsed),
    (f'["channel-renamed/1",{HEAD},"#room","#lounge","nicer"]', events.ChannelRenamedBefore),
    (f'["channel-renamed/2",{HEAD},"#room","#lounge","nicer"]', events.ChannelRenamed),
    (f'["parted/1",{HEAD},"bye"]', events.Parted),
    (f'["topic-set/1",{HEAD},"about"]', events.TopicSet),
    (f'["message-sent/1",{HEAD},"PRIVMSG","#room","hi",null,""]', events.MessageSent),
    (f'["message-sent/1",{HEAD},"TAGMSG","#room","",{{"+chatapp/id":"7","+react":"+1"}},"7"]', events.MessageSent),
    (
        f'["message-sent/2",{HEAD},"PRIVMSG","#room","one\\n\\ntwo, cut",{{"+reply":"x"}},"7",[9]]',
        events.MultilineSent,
    ),
    (
        f'["message-edited/1",{HEAD},"EDIT","#room","hi there",null,"","0123456789abcd00",77,"00000000000a11ce",'
        '1767225500000,"PRIVMSG","hi theer",86400000,2,20]',
        events.MessageEdited,
    ),
    (
        f'["redacted/1",{HEAD},"0123456789abcd00",77,"00000000000000b0",1767225500000,86400000,"spam"]',
        events.Redacted,
    ),
    (f'["marker-set/1",{HEAD},1767225600000]', events.MarkerSet),
    (f'["attended/1",{HEAD},1767225600000,77]', events.Attended),
    (f'["user-modes-changed/1",{HEAD},"Bi","w"]', events.UserModesChanged),
    (f'["metadata-set/1",{HEAD},[["avatar","https://example.com/a"],["status",""]],20,""]', events.MetadataSet),
    (f'["preference-set/1",{HEAD},"soju.im/pinned","1"]', events.PreferenceSet),
    (f'["role-set/1",{HEAD},"00000000000a11ce","administrator"]', events.RoleSet),
    (f'["act-noted/1",{HEAD},"passwd","alice"]', events.ActNoted),
    (
        f'["server-invitation-made/1",{HEAD},"{"a5" * 32}",5,1767830400000,["00000000000c4a77"],true]',
        events.ServerInvitationMade,
    ),
    (f'["server-invitation-revoked/1",{HEAD},7]', events.ServerInvitationRevoked),
    (f'["server-invitation-used/1",{HEAD},"{"a5" * 32}","00000000000da5e1","dave"]', events.ServerInvitationUsed),
    (f'["server-invitation-returned/1",{HEAD},"00000000000da5e1"]', events.ServerInvitationReturned),
    (f'["limits-set/1",{HEAD},50000,200,100000]', events.LimitsSet),
    (f'["times-ascend/1",{HEAD}]', events.TimesAscend),
]

text = st.text(max_size=8)
any_event = st.one_of(
    [
        st.builds(
            kind,
            **{
                field.name: {
                    str: text,
                    int: st.integers(0, 2**53),
                    bool: st.booleans(),
                    tuple[tuple[str, str, str], ...]: st.lists(st.tuples(text, text, text), max_size=2).map(tuple),
                    tuple[tuple[str, str], ...]: st.lists(st.tuples(text, text), max_size=2).map(tuple),
                    tuple[str, ...]: st.lists(text, max_size=2).map(tuple),
                    tuple[int, ...]: st.lists(st.integers(0, 99), max_size=2).map(tuple),
                    dict[str, str] | None: st.none() | st.dictionaries(text, text, min_size=1, max_size=2),
                }[field.type]
                for field in msgspec.structs.fields(kind)
            },
        )
        for kind in KINDS
    ]
)


@given(event=any_event)
def test_what_is_stored_is_read_back(event):
    """An event is the same after it was stored, whatever text is in it."""
    assert events.decode(events.encode(event)) == event
    assert events.decode(events.encode(event).decode()) == event


@pytest.mark.parametrize(("line", "kind"), STORED, ids=[line.split('"')[1] for line, _ in STORED])
def test_the_stored_form_is_for_good(line, kind):
    """ "Old logs stay readable": a line of any version is read, and written again the same."""
    event = events.decode(line)
    assert type(event) is kind
    assert events.encode(event).decode() == line


def test_every_kind_has_its_stored_form_here():
    """A new event comes with its line above."""
    assert {kind for _, kind in STORED} == set(KINDS)


@pytest.mark.parametrize(
    "line",
    [
        f'["message-sent/3",{HEAD},"PRIVMSG","#room","hi",null,""]',
        f'["message-sent/1",{HEAD},"PRIVMSG"]',
        f'["marker-set/1",{HEAD},"soon"]',
        '{"type":"joined/1"}',
        "[]",
        "",
        "joined",
    ],
)
def test_what_is_not_known_stops_the_server(line):
    """ "An unknown version stops the server rather than being skipped", in words that say what to do."""
    with pytest.raises(DataError, match="newer version"):
        events.decode(line)


def test_a_message_with_an_id_of_its_senders_happens_once():
    """The key is the sender with its own id; without one there is none, and other events have none."""
    message = events.MessageSent(id="1", time=1, actor="a", verb="PRIVMSG", target="b", text="hi", client_id="7")
    assert message.key == "a 7"
    assert msgspec.structs.replace(message, client_id="").key is None
    assert events.Joined(id="1", time=1, channel="#room").key is None


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_hides_the_idempotency_key(kind):
    """A field called ``key`` would make the log store one event with each value of it."""
    assert "key" not in [field.name for field in msgspec.structs.fields(kind)]


def multiline(text, *splits):
    """Make a message of several lines."""
    return events.MultilineSent(id="1", time=1, verb="PRIVMSG", target="b", text=text, splits=splits)


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (multiline("one\ntwo"), [("one", False), ("two", False)]),
        (multiline("one\n\n two\n"), [("one", False), ("", False), (" two", False), ("", False)]),
        (multiline("one and two", 4), [("one ", False), ("and two", True)]),
        (multiline("é\nonetwo3\nz", 5, 8), [("é", False), ("one", False), ("two", True), ("3", True), ("z", False)]),
        (multiline("ab\ncd", 1, 4), [("a", False), ("b", True), ("c", False), ("d", True)]),
    ],
)  # fmt: skip
def test_the_parts_of_a_multiline_message(message, parts):
    """ "Servers SHOULD maintain the line composition sent by the client"."""
    assert message.parts() == parts


def test_an_erased_multiline_message_keeps_nothing_of_its_text():
    """Nor where its lines were cut."""
    message = msgspec.structs.replace(multiline("secret text", 3), tags={"+x": "secret"})
    assert remarks.erased(message) == multiline("")
    assert type(remarks.erased(message)) is events.MultilineSent


UIDS = st.text("0123456789abcdef", min_size=16, max_size=16)


@given(one=UIDS, other=UIDS)
def test_a_conversation_is_of_two(one, other):
    """It has one name, whoever begins, and from each side the other one can be told."""
    stream = events.conversation(one, other)
    assert stream == events.conversation(other, one)
    assert (events.peer(stream, one), events.peer(stream, other)) == (other, one)
    assert events.is_conversation(stream)


@given(channel=UIDS, uid=UIDS, letter=st.sampled_from("ohv"))
def test_a_channel_is_no_conversation(channel, uid, letter):
    """Nobody is its peer, even if a user has the uid of a channel that has died."""
    for stream in (channel, uid, events.role_stream(letter, channel), events.role_stream(letter, uid)):
        assert not events.is_conversation(stream)
        assert events.peer(stream, uid) not in (channel, uid)
