"""chatapp/auth/lines.py: the form of the password file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.auth import lines
from chatapp.auth.lines import Account
from chatapp.errors import NameNotAllowedError, PasswordFileError

from .support import HASH, OTHER_HASH

TAIL = HASH[4:]  # cost, salt and hash
ID = "0123456789abcdef"

names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=":"), min_size=1).filter(
    lambda name: name == name.strip() and not name.startswith(("#", "\ufeff"))
)
fields = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="=-._"), min_size=1)
accounts = st.builds(
    Account,
    names,
    st.sampled_from([HASH, OTHER_HASH, "$2y" + HASH[3:], "$2a" + HASH[3:]]),
    st.booleans(),
    st.just("") | st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    st.lists(fields.filter(lambda field: field != "admin" and not field.startswith("id="))).map(tuple),
)


def parse(text: str) -> list[Account]:
    """Return the accounts in a file, in its order."""
    return [line.account for line in lines.parse(text.encode(), "passwords") if line.account is not None]


def problem(data: bytes) -> str:
    """Return what is said of a file with a mistake in it."""
    with pytest.raises(PasswordFileError) as caught:
        lines.parse(data, "passwords")
    return str(caught.value)


@pytest.mark.parametrize("version", ["2a", "2b", "2y"])
def test_every_kind_of_bcrypt_is_read(version):
    """``$2a$`` and ``$2b$`` are what libraries write, ``$2y$`` what htpasswd writes."""
    assert parse(f"alice:${version}{HASH[3:]}\n") == [Account("alice", f"${version}{HASH[3:]}")]


def test_fields_after_the_hash():
    """After a second colon: ``id=``, ``admin``, and what others put there."""
    assert parse(f"alice:{HASH}:id={ID},admin,phone=5:7\n") == [Account("alice", HASH, True, ID, ("phone=5:7",))]
    assert parse(f"alice:{HASH}:\n") == [Account("alice", HASH)]


def test_comments_and_empty_lines_are_no_accounts():
    """Empty lines and lines that begin with ``#`` stand for nobody."""
    assert parse(f"# staff\n\n  \n  # old: {HASH}\nalice:{HASH}\n") == [Account("alice", HASH)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_ends_of_lines(end):
    """A file from any system is read; the last line needs no end."""
    assert parse(f"alice:{HASH}\r\nbob:{HASH}:admin{end}") == [Account("alice", HASH), Account("bob", HASH, True)]


def test_a_byte_order_mark_is_not_part_of_the_first_name():
    """What an editor puts before the first line changes nobody's name."""
    assert parse(f"\ufeffalice:{HASH}\n") == [Account("alice", HASH)]


def test_a_hash_is_never_shown():
    """Secrets never reach a repr."""
    assert HASH not in repr(parse(f"alice:{HASH}:admin\n"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("hunter2", "no account name comes before a ':'"),
        ("alice:", "what follows 'alice' is not a bcrypt hash"),
        (f":{HASH}", "no account name comes before a ':'"),
        (f"alice:{HASH[:-1]}", "not a bcrypt hash"),
        (f"alice:{HASH}x", "not a bcrypt hash"),
        (f"alice:{HASH} :admin", "not a bcrypt hash"),
        ("alice:$2x" + HASH[3:], "not a bcrypt hash"),
        ("alice:$apr1$uCe8ENrE$1Zdb8pYd5p1g7lDPzbZWJ/", "Set the password anew with htpasswd -B"),
        ("alice:{SHA}" + HASH, "not a bcrypt hash"),
        ("alice:$2b$03" + TAIL[2:], "a cost from 4 to 16"),
        ("alice:$2b$17" + TAIL[2:], "a cost from 4 to 16"),
        ("alice:$2b$04$" + "/" * 22 + TAIL[25:], "not a bcrypt hash"),  # not what 16 bytes of salt look like
        (f"alice:{HASH}:id=12", "the id of 'alice' is not 16 hexadecimal digits"),
        (f"alice:{HASH}:id={ID.upper()}", "the id of 'alice' is not 16 hexadecimal digits"),
        ("alice:$2b$١٢" + TAIL[2:], "a cost from 4 to 16"),
        (f"al\tice:{HASH}", "no account name comes before a ':'"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_by_its_number(line, text):
    """The text says in which line what is wrong, and what to do."""
    said = problem(f"# comment\n\nbob:{HASH}\r\n{line}\ncarol:{HASH}\n".encode())
    assert said.startswith("passwords, line 4: ")
    assert text in said
    assert HASH not in said
    assert "hunter2" not in said  # it may be a password that slipped here


def test_a_line_that_is_not_utf_8_is_named_by_its_number():
    """The same for bytes that are no text."""
    assert problem(b"zo\xeb:" + HASH.encode()) == "passwords, line 1: this is not UTF-8. Save the file as UTF-8."


def test_a_name_stands_once_in_either_case():
    """Names are "compared case-insensitively (CASEMAPPING=ascii)": the same name twice is a mistake, not a choice."""
    said = problem(f"alice:{HASH}\nbob:{HASH}\n#\nALIce:{OTHER_HASH}\n".encode())
    assert said.startswith("passwords, lines 1 and 4: both are the account 'ALIce'")


def test_only_ascii_letters_have_two_cases():
    """Under ``CASEMAPPING=ascii`` other letters, and ``[`` and ``{``, are different names."""
    assert len(parse(f"Ä:{HASH}\nä:{HASH}\n[:{HASH}\n{{:{HASH}\n")) == 4


def test_an_id_stands_once():
    """Who copies a line must not get the other's identity with it."""
    said = problem(f"alice:{HASH}:id={ID}\nbob:{HASH}\ncarol:{HASH}:id={ID}\n".encode())
    assert said.startswith("passwords, lines 1 and 3: two accounts have the same id.")
    assert len(parse(f"alice:{HASH}\nbob:{HASH}\n")) == 2  # to have none is no mistake


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "a\rb", "a\0b", " a", "a ", "#a", "a\u2028b", "a\x85b"])
def test_names_that_a_line_cannot_hold(name):
    """A name that would be read back as something else is refused."""
    with pytest.raises(NameNotAllowedError):
        lines.check_name(name)


@given(st.lists(accounts, unique_by=(lambda account: lines.fold(account.name), lambda account: account.id or object())))
def test_what_is_written_is_read_back(written):
    """parse(render(x)) == x."""
    data = b"".join(lines.render(account) + b"\n" for account in written)
    read = lines.parse(data, "passwords")
    assert [line.account for line in read] == written
    assert lines.join(read) == data
    assert lines.index(read) == {lines.fold(account.name): account for account in written}


@given(
    st.binary()
    | st.lists(st.sampled_from([b"a", b"B", b":", HASH.encode(), b"\n", b"\r", b"#", b",", b"id="])).map(b"".join)
)
def test_any_bytes_are_read_or_refused(data):
    """Nothing but PasswordFileError comes of a file, and what is read is kept byte for byte but for the last end."""
    try:
        read = lines.parse(data, "passwords")
    except PasswordFileError:
        return
    assert lines.join(read) in (data, data + b"\n", data.removeprefix(b"\xef\xbb\xbf"))
