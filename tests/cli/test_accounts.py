"""chatapp/cli: adduser, passwd, deluser and users."""

from __future__ import annotations

import os
import pty
import re
import stat
import subprocess
import sys

import pytest

from chatapp.auth import verify
from chatapp.cli.accounts import password_file
from chatapp.cli.options import default_data
from chatapp.server.control import place

HASH = "$2b$04$" + "." * 53
NAME_RULE = "Invalid value for NAME: A name has 1 to 32 characters"


# adduser


def test_adduser_makes_an_account(chat, file):
    """The account is there, with the password, an id, the cost that was asked for, and no rights."""
    assert chat("adduser", "Alice", "--password-stdin", input=b"long-secret\n") == (0, "Alice has an account.\n", "")
    alice = file.accounts()["alice"]
    assert (alice.name, alice.admin) == ("Alice", False)
    assert re.fullmatch("[0-9a-f]{16}", alice.id)
    assert alice.hash.startswith("$2b$04$")
    assert verify(alice.hash, "long-secret")


def test_adduser_makes_an_administrator(chat, file):
    """``--admin`` makes it one."""
    ran = chat("adduser", "alice", "--admin", "--password-stdin", input=b"long-secret\n")
    assert ran == (0, "alice has an account and is an administrator.\n", "")
    assert file.accounts()["alice"].admin


def test_the_cost_is_12_unless_told_otherwise(chat, monkeypatch, file):
    """ "--bcrypt-cost (default 12)"."""
    monkeypatch.delenv("CHAT_BCRYPT_COST")
    chat("adduser", "alice", "--password-stdin", input=b"long-secret\n")
    chat("adduser", "bob", "--password-stdin", "--bcrypt-cost", "5", input=b"long-secret\n")
    assert [account.hash[:7] for account in file.accounts().values()] == ["$2b$12$", "$2b$05$"]


@pytest.mark.parametrize(
    ("input", "password"),
    [
        (b"long-secret", "long-secret"),
        (b"long-secret\n", "long-secret"),
        (b"long-secret\r\n", "long-secret"),
        (b"long-secret\nnext line\n", "long-secret"),
        (b" se cret \n", " se cret "),
        (b"long-secret\r\r\n", "long-secret\r"),
        ("Паролище\n".encode(), "Паролище"),
        (b"x" * 72 + b"\n", "x" * 72),
    ],
)
def test_one_line_of_standard_input_is_the_password(chat, file, input, password):
    """ "--password-stdin reads one line": without its end, and otherwise as it is."""
    assert chat("adduser", "alice", "--password-stdin", input=input).exit_code == 0
    assert verify(file.accounts()["alice"].hash, password)


@pytest.mark.parametrize(
    ("input", "text"),
    [
        (b"", "The password is empty."),
        (b"\n", "The password is empty."),
        (b"\r\nsecret\n", "The password is empty."),
        (b"7 chars\n", "The password has 7 characters; a new one needs 8 at least."),
        (b"x" * 73, "The password is 73 bytes long"),
        (b"x" * 1_000_000, "The password is "),
        (b"a\0b\n", "The password contains a NUL character."),
        (b"\xff\xfe\n", "The password on standard input is not UTF-8 text."),
    ],
)
def test_a_password_that_cannot_be_used_makes_no_account(chat, file, input, text):
    """It is refused in words that do not repeat it."""
    ran = chat("adduser", "alice", "--password-stdin", input=input)
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith(f"chat: {text}")
    assert "xxx" not in ran.err
    assert file.accounts() == {}


@pytest.mark.parametrize("name", ["", "9lives", "a b", "a:b", "zoë", "#a", "x" * 33, "a\nb"])
def test_a_name_is_a_nick(chat, file, name):
    """R1: what cannot be a nick cannot be an account; the text says what can."""
    ran = chat("adduser", name, "--password-stdin", input=b"long-secret\n")
    assert (ran.exit_code, ran.out) == (2, "")
    assert NAME_RULE in ran.err
    assert file.accounts() == {}


def test_a_name_is_given_once(chat, file):
    """A name that has an account, in whatever case, is refused; a password in a pipe is never ignored silently."""
    chat("adduser", "Alice", "--password-stdin", input=b"long-secret\n")
    before = file.path.read_bytes()
    said = "chat: Alice has an account already. To give it another password: chat passwd Alice\n"
    assert chat("adduser", "alice", "--password-stdin", input=b"other\n") == (1, "", said)
    both = said.rstrip() + ". To make it an administrator: chat adduser Alice --admin --yes\n"
    assert chat("adduser", "alice", "--admin", "--password-stdin", input=b"other\n") == (1, "", both)
    how = "chat: Alice has an account already. To make it an administrator: chat adduser Alice --admin --yes\n"
    assert chat("adduser", "alice", "--admin") == (1, "", how)
    assert file.path.read_bytes() == before
    assert chat("adduser", "alice", "--admin", "--yes").exit_code == 0
    assert file.accounts()["alice"].admin


def test_without_a_terminal_nothing_is_asked(chat, file):
    """A script that forgot ``--password-stdin`` is told so, and does not hang."""
    ran = chat("adduser", "alice", input=b"long-secret\n")
    assert (ran.exit_code, ran.out) == (2, "")
    assert "There is no terminal to ask for the password. Use --password-stdin" in ran.err
    assert file.accounts() == {}


def test_the_password_is_asked_twice_and_not_shown(terminal, file):
    """ "Password asked twice without echo on a terminal"; nothing that was typed is on the screen."""
    chat = terminal("adduser", "alice")
    chat.expect_exact("Password (not shown): ")
    chat.sendline("long-secret")
    chat.expect_exact("The same again: ")
    shown = chat.before
    chat.sendline("long-secret")
    exit_code, rest = chat.ended()
    assert (exit_code, rest) == (0, "\nalice has an account.\n")
    assert "long-secret" not in shown
    assert verify(file.accounts()["alice"].hash, "long-secret")


def test_a_password_that_cannot_be_used_is_asked_again(terminal, file):
    """Too long, or mistyped the second time: the person tries again."""
    chat = terminal("adduser", "alice")
    for first, second, said in (
        ("x" * 73, None, "The password is 73 bytes long"),
        ("long-secret", "long-secrte", "The two are not the same. Try again."),
        ("", None, ""),
        ("long-secret", "long-secret", "alice has an account."),
    ):
        chat.expect_exact("Password (not shown): ")
        chat.sendline(first)
        if second is not None:
            chat.expect_exact("The same again: ")
            chat.sendline(second)
        chat.expect_exact(said)
    assert chat.ended()[0] == 0
    assert verify(file.accounts()["alice"].hash, "long-secret")


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("prompt", ["Password (not shown): ", "The same again: "])
def test_ctrl_c_and_ctrl_d_end_the_question(terminal, file, key, prompt):
    """ "Ctrl-C 130": no account, no traceback."""
    chat = terminal("adduser", "alice")
    chat.expect_exact("Password (not shown): ")
    if prompt != "Password (not shown): ":
        chat.sendline("long-secret")
        chat.expect_exact(prompt)
    chat.interrupt(key)
    exit_code, rest = chat.ended()
    assert (exit_code, rest.strip()) == (130, "")
    assert file.accounts() == {}


@pytest.mark.parametrize("before", [(), ("long-secret",)])
@pytest.mark.parametrize("command", ["adduser", "passwd"])
def test_ex_ends_a_question_for_a_password(terminal, file, command, before):
    """It leaves, as everywhere: it is no password, and nothing is changed."""
    if command == "passwd":
        file.add("alice", HASH)
    chat = terminal(command, "alice")
    for prompt, answer in zip(("Password (not shown): ", "The same again: "), (*before, "EX"), strict=False):
        chat.expect_exact(prompt)
        chat.sendline(answer)
    exit_code, rest = chat.ended()
    assert (exit_code, rest.strip()) == (130, "")
    assert [each.hash for each in file.accounts().values()] == ([HASH] if command == "passwd" else [])


@pytest.mark.parametrize("command", [("deluser", "alice"), ("adduser", "alice", "--admin")])
def test_ex_ends_a_question_for_yes_or_no(terminal, file, command):
    """Another word is asked again; EX leaves, in either case."""
    before = file.add("alice", HASH)
    chat = terminal(*command)
    for answer in ("perhaps", "ex"):
        chat.expect_exact(" [y/N]: ")
        chat.sendline(answer)
    exit_code, echo = chat.ended()
    assert (exit_code, echo.strip()) == (130, "ex")
    assert file.accounts() == {"alice": before}


@pytest.mark.parametrize(("answer", "admin"), [("y", True), ("n", False), ("", False)])
def test_an_account_can_become_an_administrator(terminal, file, answer, admin):
    """Who signed up with a client has an account; ``adduser --admin`` offers the rights, and keeps the password."""
    before = file.add("alice", HASH)
    chat = terminal("adduser", "ALICE", "--admin")
    chat.expect_exact("alice has an account already. Make it an administrator? [y/N]: ")
    chat.sendline(answer)
    exit_code, rest = chat.ended()
    said = "alice is an administrator; the password is the same as before." if admin else "Nothing was changed."
    assert (exit_code, rest.splitlines()[1:]) == (0 if admin else 1, [said])
    after = file.accounts()["alice"]
    assert (after.admin, after.id, after.hash) == (admin, before.id, HASH)


def test_an_administrator_is_not_made_one_again(terminal, file):
    """Then there is nothing to ask."""
    file.add("alice", HASH, admin=True)
    exit_code, rest = terminal("adduser", "alice", "--admin").ended()
    assert exit_code == 1
    assert rest.startswith("chat: alice is an administrator already.")


# passwd


def test_passwd_gives_another_password(chat, file):
    """From then on only the new one signs in; name, id and rights stay."""
    before = file.add("Alice", HASH, admin=True)
    assert chat("passwd", "aLICE", "--password-stdin", input=b"new-secret\n") == (0, "Alice has a new password.\n", "")
    after = file.accounts()["alice"]
    assert (after.name, after.id, after.admin) == ("Alice", before.id, True)
    assert verify(after.hash, "new-secret")


def test_passwd_asks_twice(terminal, file):
    """On a terminal it asks like adduser."""
    file.add("alice", HASH)
    chat = terminal("passwd", "alice")
    for prompt in ("Password (not shown): ", "The same again: "):
        chat.expect_exact(prompt)
        chat.sendline("new-secret")
    assert chat.ended() == (0, "\nalice has a new password.\n")
    assert verify(file.accounts()["alice"].hash, "new-secret")


def test_passwd_refuses_what_adduser_refuses(chat, file):
    """A password that cannot be used changes nothing."""
    file.add("alice", HASH)
    assert chat("passwd", "alice", "--password-stdin", input=b"x" * 73).exit_code == 1
    assert chat("passwd", "alice").exit_code == 2
    assert file.accounts()["alice"].hash == HASH


# deluser


def test_deluser_deletes_an_account(chat, file):
    """The account is gone, the others are not."""
    file.add("Alice", HASH)
    file.add("bob", HASH)
    assert chat("deluser", "alice", "--yes") == (0, "Alice has no account any more.\n", "")
    assert set(file.accounts()) == {"bob"}


@pytest.mark.parametrize(("answer", "left"), [("y", set()), ("n", {"alice"}), ("", {"alice"})])
def test_deluser_asks(terminal, file, answer, left):
    """Only who says yes deletes."""
    file.add("alice", HASH)
    chat = terminal("deluser", "alice")
    chat.expect_exact("Delete the account alice? It cannot be brought back. [y/N]: ")
    chat.sendline(answer)
    assert chat.ended()[0] == (1 if left else 0)
    assert set(file.accounts()) == left


def test_deluser_does_not_delete_without_being_asked(chat, file):
    """Without a terminal there is no answer, and so no deletion."""
    file.add("alice", HASH)
    ran = chat("deluser", "alice", input=b"y\n")
    assert ran.exit_code == 2
    assert "There is no terminal to ask whether to delete alice. Say so with --yes." in ran.err
    assert set(file.accounts()) == {"alice"}


@pytest.mark.parametrize("args", [["passwd", "bob", "--password-stdin"], ["deluser", "bob", "--yes"]])
def test_an_unknown_name_is_refused_before_anything_is_asked(chat, file, args):
    """The text says where to look."""
    file.add("alice", HASH)
    assert chat(*args, input=b"") == (1, "", "chat: bob has no account. To see who has: chat users\n")


# users


def test_users_in_a_pipe(chat, file):
    """One line for each account, in the natural order of names, a tab between the columns, no heading."""
    for name, admin in (("carol10", False), ("Bob", True), ("carol2", False)):
        file.add(name, HASH, admin=admin)
    assert chat("users") == (0, "Bob\tadministrator\tnever\ncarol2\t-\tnever\ncarol10\t-\tnever\n", "")


def test_users_on_a_terminal(terminal, file):
    """The same as a table with a heading."""
    file.add("alexandra", HASH)
    file.add("Bob", HASH, admin=True)
    table = "NAME       ROLE           LAST SEEN\nalexandra  -              never\nBob        administrator  never\n"
    assert terminal("users").ended() == (0, table)


def test_users_of_a_server_that_does_not_answer(chat, file, tmp_path, monkeypatch):
    """The list is shown all the same, and that it may be wrong is said beside it."""
    file.add("alice", HASH)
    monkeypatch.setattr("chatapp.cli.users._ASK_S", 0.05)
    listening = place.bind(tmp_path / "data")
    listening.listen()
    try:
        ran = chat("users")
    finally:
        listening.close()
    assert (ran.exit_code, ran.out) == (0, "alice\t-\tnever\n")
    assert "did not answer within 0.05 s." in ran.err
    assert ran.err.endswith(" So this does not tell who is here now, and the times may be old.\n")


def test_users_without_accounts(chat, tmp_path):
    """Nothing on standard output; what to do is said beside it, and no folder is made."""
    said = f"There are no accounts in {tmp_path / 'data'} yet. To make one: chat adduser NAME\n"
    assert chat("users") == (0, "", said)
    assert not (tmp_path / "data").exists()


# All of them


@pytest.mark.parametrize(
    "args",
    [
        ["users"],
        ["adduser", "bob", "--password-stdin"],
        ["passwd", "alice", "--password-stdin"],
        ["deluser", "alice", "--yes"],
    ],
)
def test_a_mistake_in_the_file_is_told_by_its_line(chat, file, args):
    """Nothing is changed in a file that cannot be read whole."""
    file.path.parent.mkdir()
    file.path.write_text(f"alice:{HASH}\nbob:secret\n")
    file.path.chmod(0o600)
    ran = chat(*args, input=b"new-secret\n")
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith(f"chat: {file.path}, line 2: what follows 'bob' is not a bcrypt hash")
    assert file.path.read_text() == f"alice:{HASH}\nbob:secret\n"


def test_a_file_that_others_can_read_is_put_right(chat, file):
    """Who changes the file is told that it was open to others, and is no longer; who only looks changes nothing."""
    file.add("alice", HASH)
    file.path.chmod(0o644)
    assert chat("users").err == ""
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o644
    ran = chat("deluser", "alice", "--yes")
    assert ran.err == f"Note: others could read {file.path}. Now only its owner can (mode 0600).\n"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_the_folder_must_be_one(chat, tmp_path):
    """A file in the place of the folder is said in a line; the server ends with the same code for it."""
    (tmp_path / "data").write_text("")
    ran = chat("users")
    assert ran.exit_code == 1
    assert ran.err.count("\n") == 1
    assert "is a file, not a folder" in ran.err


def test_the_default_folder_is_that_of_the_platform(monkeypatch, tmp_path):
    """ "--data DIR / CHAT_DATA default platformdirs user_data_dir('chatapp')"."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert default_data() == tmp_path / "chatapp"
    assert password_file(default_data()).path == default_data() / "passwords"


def test_a_password_in_a_pipe_needs_no_terminal(file):
    """``--password-stdin`` reads standard input also where there is a terminal to ask on."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "chatapp", "adduser", "alice", "--password-stdin"],
        input=b"long-secret\n", stdout=follower, stderr=follower, check=False,
    )  # fmt: skip
    os.close(follower)
    os.close(leader)
    assert done.returncode == 0
    assert verify(file.accounts()["alice"].hash, "long-secret")


@pytest.mark.parametrize("name", ["NickServ", "aIice"])
def test_a_name_that_could_mislead(chat, file, name):
    """ "An administrator may override with adduser --yes"; without a terminal it is told how."""
    chat("adduser", "alice", "--password-stdin", input=b"long-secret\n")
    ran = chat("adduser", name, "--password-stdin", input=b"long-secret\n")
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith(f"chat: {name} looks like ")
    assert f"To make it all the same: chat adduser {name} --yes" in ran.err
    ran = chat("adduser", name, "--yes", "--password-stdin", input=b"long-secret\n")
    assert ran == (0, f"{name} has an account.\n", "")


def test_a_name_that_looks_like_a_deleted_account(chat, file):
    """What the deleted account wrote is still read, so nobody is to be taken for it."""
    chat("adduser", "willis", "--password-stdin", input=b"long-secret\n")
    chat("deluser", "willis", "--yes")
    ran = chat("adduser", "wi1lis", "--password-stdin", input=b"long-secret\n")
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith("chat: wi1lis looks like willis, ")
    assert chat("adduser", "willis", "--reuse-name", "--password-stdin", input=b"long-secret\n").exit_code == 0


def test_the_name_of_a_deleted_account(chat, file):
    """ "chat adduser can, with an explicit option, and makes a different account"; --yes is not that option."""
    chat("adduser", "eve", "--password-stdin", input=b"long-secret\n")
    old = file.accounts()["eve"]
    assert chat("deluser", "eve", "--yes").exit_code == 0
    for more in ([], ["--yes"], ["--admin", "--yes"]):
        ran = chat("adduser", "Eve", *more, "--password-stdin", input=b"long-secret\n")
        assert (ran.exit_code, ran.out) == (1, "")
        assert ran.err.startswith("chat: Eve was the name of an account that was removed.")
        assert "chat adduser Eve --reuse-name" in ran.err
    assert chat("adduser", "eve", "--reuse-name", "--password-stdin", input=b"long-secret\n").exit_code == 0
    assert file.accounts()["eve"].id != old.id
