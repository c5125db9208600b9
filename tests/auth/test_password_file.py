"""chatapp/auth/password_file.py: reading accounts and changing them."""

from __future__ import annotations

import os
import stat

import pytest
from msgspec.structs import replace

from chatapp.auth import password_file
from chatapp.auth.lines import Account, Tombstone
from chatapp.auth.password_file import SETTLE_S, PasswordFile
from chatapp.errors import (
    AccountExistsError,
    NameNotAllowedError,
    NameReservedError,
    NoSuchAccountError,
    PasswordFileError,
)

from .support import HASH, OTHER_HASH, Clock, put

ID = "0123456789abcdef"


@pytest.fixture
def path(tmp_path):
    """A password file that is not there yet."""
    return tmp_path / "passwords"


@pytest.fixture
def file(path):
    """It, as chatapp sees it."""
    return PasswordFile(path)


# Reading


def test_a_missing_file_has_no_accounts(file):
    """Before the first account there need not be a file."""
    assert file.accounts() == {}
    assert file.get("alice") is None
    assert not file.path.exists()


def test_accounts_are_found_by_name_in_either_case(path, file):
    """The name is "compared case-insensitively, shown as registered"."""
    put(path, f"Alice:{HASH}:id={ID},admin\n")
    alice = Account("Alice", HASH, True, ID)
    assert file.accounts() == {"alice": alice}
    assert file.get("aLICE") == alice
    assert file.get("alic") is None


def test_what_was_read_does_not_change(path, file):
    """A mapping that was returned stays what it was, so that the caller can compare; nobody can write to it."""
    put(path, f"alice:{HASH}\n")
    before = file.accounts()
    PasswordFile(path).add("bob", HASH)
    after = file.accounts()
    assert set(before) == {"alice"}
    assert set(after) == {"alice", "bob"}
    with pytest.raises(TypeError):
        after["mallory"] = before["alice"]


def test_the_file_is_not_read_again_until_it_changes(path, file, monkeypatch):
    """``changed`` and ``accounts`` of a file that is as it was cost one stat(), no reading."""
    put(path, f"alice:{HASH}\n")
    accounts = file.accounts()
    monkeypatch.setattr(password_file, "open_at_once", lambda *_: pytest.fail("it was read"))
    assert not file.changed()
    assert file.accounts() is accounts
    assert file.get("alice") is not None


def test_changed_tells_of_what_accounts_did_not_tell_yet(path, file):
    """Who polls misses nothing, though sign-ins read the file in between and this process changes it too."""
    put(path, f"alice:{HASH}\n")
    assert file.changed()
    file.accounts()
    assert not file.changed()

    PasswordFile(path).add("bob", HASH)
    assert file.get("bob") is not None
    assert file.changed()
    assert set(file.accounts()) == {"alice", "bob"}
    assert not file.changed()

    file.add("carol", HASH)
    assert file.changed()
    assert set(file.accounts()) == {"alice", "bob", "carol"}
    assert not file.changed()


def test_the_cost_of_a_refusal_is_that_of_the_costliest_hash(path, file):
    """Costlier hashes than the server makes are known to nobody by the time they take."""
    assert file.refusal_cost(5) == 5
    put(path, f"alice:{HASH}\nbob:$2y$06${HASH[7:]}\n")
    assert file.refusal_cost(5) == 6
    assert file.refusal_cost(12) == 12


def test_a_mistake_is_told_by_its_line(path, file):
    """ "Lines it cannot parse: PasswordFileError naming line number, in plain words." """
    put(path, f"alice:{HASH}\nbob:secret\n")
    for ask in (file.accounts, lambda: file.get("alice"), lambda: PasswordFile(path).add("carol", HASH)):
        with pytest.raises(PasswordFileError) as caught:
            ask()
        assert str(caught.value).startswith(f"{path}, line 2: what follows 'bob' is not a bcrypt hash")
        assert "secret" not in str(caught.value)
    assert not file.changed()  # it is told once
    assert path.read_text() == f"alice:{HASH}\nbob:secret\n"


def test_a_file_that_may_not_be_read(path, file, monkeypatch):
    """The text says which file, why, and what to do."""

    def denied(name, flags):
        raise PermissionError(13, "Permission denied", name)

    put(path, f"alice:{HASH}\n")
    monkeypatch.setattr(password_file, "open_at_once", denied)
    with pytest.raises(PasswordFileError) as caught:
        file.accounts()
    assert str(caught.value) == (
        f"Cannot read the password file {path}: Permission denied. Run chat as the user it belongs to."
    )


def test_a_folder_that_is_a_file(tmp_path):
    """Where there can be no file the text says so."""
    (tmp_path / "data").write_text("")
    file = PasswordFile(tmp_path / "data" / "passwords")
    with pytest.raises(PasswordFileError, match="Not a directory"):
        file.accounts()
    with pytest.raises(PasswordFileError, match="Cannot write the password file"):
        file.add("alice", HASH)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_not_a_file_is_refused(path, file, make):
    """A folder, or a pipe that would be waited for, is named in the error."""
    make(path)
    with pytest.raises(PasswordFileError, match=r"is not a file|Is a directory"):
        file.accounts()


def test_a_file_without_end_is_not_read_to_its_end(path, file, monkeypatch):
    """ "Bounded everything": a link to something endless does not fill the memory."""
    monkeypatch.setattr(password_file, "FILE_BYTES_MAX", 10)
    put(path, "#" * 10)
    assert file.accounts() == {}
    put(path, "#" * 11)
    with pytest.raises(PasswordFileError, match="over 10 bytes"):
        PasswordFile(path).accounts()


# Changing


def test_add_makes_an_account_with_an_id(path, file):
    """An account has a name, a hash, an id of 16 hexadecimal digits, and may be an administrator."""
    alice = file.add("Alice", HASH, admin=True)
    bob = file.add("bob", OTHER_HASH)
    assert path.read_text() == f"Alice:{HASH}:id={alice.id},admin\nbob:{OTHER_HASH}:id={bob.id}\n"
    assert len(alice.id) == len(bob.id) == 16
    assert alice.id != bob.id
    assert file.accounts() == PasswordFile(path).accounts() == {"alice": alice, "bob": bob}


def test_a_guest_keeps_its_id_when_it_becomes_an_account(path, file):
    """The caller may say which id the account has; what could not be read back, or is somebody's, is our own bug."""
    assert file.add("alice", HASH, id=ID) == Account("alice", HASH, False, ID)
    assert path.read_text() == f"alice:{HASH}:id={ID}\n"
    for wrong in (ID, ID[1:], ID.upper(), "0,admin"):
        with pytest.raises(AssertionError):
            file.add("bob", HASH, id=wrong)
    assert path.read_text() == f"alice:{HASH}:id={ID}\n"


def test_a_name_is_given_once(path, file):
    """A name "cannot be taken by anyone else", in no case."""
    file.add("Alice", HASH)
    before = path.read_bytes()
    with pytest.raises(AccountExistsError, match=r"^Alice has an account already\.$"):
        file.add("aliCE", OTHER_HASH)
    assert path.read_bytes() == before


def test_a_name_that_was_taken_meanwhile(path, file):
    """What another program wrote is seen under the lock, however long ago this one looked."""
    file.accounts()
    PasswordFile(path).add("alice", HASH)
    with pytest.raises(AccountExistsError):
        file.add("alice", OTHER_HASH)


@pytest.mark.parametrize("name", ["", "a:b", "a\nroot:x", "#a"])
def test_a_name_cannot_break_out_of_its_line(path, file, name):
    """What a line cannot hold is refused before the file is touched."""
    with pytest.raises(NameNotAllowedError):
        file.add(name, HASH)
    assert not path.exists()


def test_only_a_hash_is_written(path, file):
    """A caller that passes the password itself is stopped: it must never reach the disk."""
    with pytest.raises(AssertionError):
        file.add("alice", "correct horse")
    file.add("alice", HASH)
    with pytest.raises(AssertionError):
        file.set_hash("alice", "correct horse")
    assert "horse" not in path.read_text()


def test_changing_an_account_keeps_the_rest_of_its_line(path, file):
    """Another password, or another role, leaves name, id and what others wrote there."""
    put(path, f"Alice:{HASH}:phone=5,id={ID}\n")
    file.set_hash("alice", OTHER_HASH)
    assert file.get("alice") == Account("Alice", OTHER_HASH, False, ID, ("phone=5",))
    file.set_admin("ALICE", True)
    assert file.get("alice") == Account("Alice", OTHER_HASH, True, ID, ("phone=5",))
    file.set_admin("alice", False)
    assert path.read_text() == f"Alice:{OTHER_HASH}:id={ID},phone=5\n"


def test_an_account_without_an_id_does_not_get_one(path, file):
    """Whoever knows the account under another id must not meet a stranger after a new password."""
    put(path, f"alice:{HASH}\n")
    file.set_hash("alice", OTHER_HASH)
    assert path.read_text() == f"alice:{OTHER_HASH}\n"


def test_remove_takes_away_one_line(path, file):
    """A deleted account is gone, and a comment tells of it, so that its name is not given away unnoticed."""
    put(path, f"# staff\nalice:{HASH}\nBob:{HASH}\ncarol:{HASH}\n")
    file.remove("bob")
    assert path.read_text() == f"# staff\nalice:{HASH}\n# removed:Bob\ncarol:{HASH}\n"
    assert file.get("bob") is None
    with pytest.raises(NameReservedError, match="BOB was the name of an account that was removed"):
        file.add("BOB", HASH)
    new = file.add("BOB", HASH, reuse=True)
    file.remove("bob")
    assert file.removed() == (Tombstone("Bob", ""), Tombstone("BOB", new.id))


def test_withdraw_takes_out_an_account_as_if_it_had_not_been(path, file):
    """No tombstone: the name is free. An account that was changed meanwhile stays."""
    file.add("alice", HASH)
    before = path.read_bytes()
    bob, carol = file.add("bob", HASH), file.add("carol", HASH)
    file.set_hash("carol", OTHER_HASH)
    file.withdraw(carol)
    assert file.get("carol").hash == OTHER_HASH
    file.withdraw(file.get("carol"))
    file.withdraw(bob)
    file.withdraw(bob)
    assert path.read_bytes() == before
    file.add("bob", HASH)


def test_ids_for_those_who_have_none(path, file):
    """A tombstone without an id is of whoever had the name; an account that ``htpasswd`` made after it is a new one."""
    known = {name: Account(name, "", id=f"{number:016x}") for number, name in enumerate(["alice", "bob", "carol"])}
    known["carol"] = replace(known["carol"], admin=True, other=("x",))
    put(path, f"# removed:bob\nalice:{HASH}:id={known['alice'].id}\nbob:{HASH}\ncarol:{HASH}\ndave:{HASH}:admin\n")
    file.complete(known)
    accounts = PasswordFile(path).accounts()
    assert file.removed() == (Tombstone("bob", known["bob"].id),)
    assert accounts["carol"] == replace(known["carol"], hash=HASH)
    assert accounts["bob"].id not in ("", known["bob"].id)
    assert (accounts["dave"].admin, len(accounts["dave"].id)) == (True, 16)
    before = path.read_bytes()
    file.complete(known)
    assert path.read_bytes() == before


def test_an_account_that_stands_there_again_is_not_removed(path, file):
    """Who puts the line back has restored the account."""
    id = file.add("bob", HASH).id
    line = path.read_text()
    file.remove("bob")
    file.bury([Tombstone("bob", id), Tombstone("zed", "0" * 16)])
    assert file.removed() == (Tombstone("bob", id), Tombstone("zed", "0" * 16))
    put(path, path.read_text() + line)
    assert PasswordFile(path).removed() == (Tombstone("zed", "0" * 16),)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.set_hash("bob", HASH),
        lambda file: file.set_admin("bob", True),
        lambda file: file.remove("bob"),
    ],
)
def test_an_unknown_name_cannot_be_changed(path, file, change):
    """There is nothing to change, and nothing is changed."""
    put(path, f"alice:{HASH}")
    with pytest.raises(NoSuchAccountError, match=r"^bob has no account\.$"):
        change(file)
    assert path.read_text() == f"alice:{HASH}"


def test_foreign_lines_stay_as_they_are(path, file):
    """Comments, empty lines, ends of lines and other accounts are kept byte for byte; only the last end is added."""
    before = f"# staff\r\n\r\n  # a: b\n alice:{HASH} \r\nbob:{HASH}:x,,admin\n\n# end".encode()
    put(path, before.decode())
    carol = file.add("carol", HASH)
    assert path.read_bytes() == before + f"\ncarol:{HASH}:id={carol.id}\n".encode()
    file.remove("carol")
    tombstone = f"\n# removed:carol:id={carol.id}\n".encode()
    assert path.read_bytes() == before + tombstone
    file.set_hash("alice", OTHER_HASH)
    assert path.read_bytes() == before.replace(f" alice:{HASH} ".encode(), f"alice:{OTHER_HASH}".encode()) + tombstone


def test_the_folder_is_made(tmp_path):
    """An account can be made before the server ran: the folder is for its owner only."""
    file = PasswordFile(tmp_path / "a" / "data" / "passwords")
    file.add("alice", HASH)
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


def test_only_its_owner_reads_the_file(path, file):
    """ "mode 0600", whatever it was before, and whatever the umask is; the same for the lock."""
    umask = os.umask(0)
    try:
        file.add("alice", HASH)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.with_name("passwords.lock").stat().st_mode) == 0o600
        path.chmod(0o644)
        file.add("bob", HASH)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(umask)


def test_tighten_takes_away_what_others_may_do(path, file):
    """A file with wrong permissions is put right, and the caller can say so."""
    assert not file.tighten()
    put(path, f"alice:{HASH}\n")
    path.chmod(0o640)
    assert file.tighten()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not file.tighten()
    path.chmod(0o400)
    assert not file.tighten()
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_file_of_somebody_else_cannot_be_tightened(path, file, monkeypatch):
    """Then that is said."""

    def denied(*_):
        raise PermissionError(1, "Operation not permitted")

    put(path, "")
    path.chmod(0o644)
    monkeypatch.setattr(os, "chmod", denied)
    with pytest.raises(PasswordFileError, match="Cannot protect the password file"):
        file.tighten()


def test_a_symbolic_link_stays(tmp_path):
    """The file that a link leads to is replaced, not the link; its lock is beside it, the same for all links."""
    real, link = tmp_path / "etc" / "real", tmp_path / "link"
    real.parent.mkdir()
    put(real, f"alice:{HASH}\n")
    link.symlink_to("etc/real")
    file = PasswordFile(link)
    file.add("bob", HASH)
    assert link.is_symlink()
    assert set(file.accounts()) == set(PasswordFile(real).accounts()) == {"alice", "bob"}
    assert sorted(entry.name for entry in real.parent.iterdir()) == ["real", "real.lock"]


def test_a_link_to_a_file_that_is_not_there_yet(tmp_path):
    """The first account makes the file where the link leads."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "etc" / "real")
    PasswordFile(link).add("alice", HASH)
    assert link.is_symlink()
    assert set(PasswordFile(tmp_path / "etc" / "real").accounts()) == {"alice"}


def test_a_link_that_is_turned_elsewhere(tmp_path):
    """The accounts are those of the file that it leads to now; the old ones are missed for a moment first."""
    clock = Clock()
    for name in ("alice", "bob"):
        put(tmp_path / name, f"{name}:{HASH}\n")
    link = tmp_path / "link"
    link.symlink_to("alice")
    file = PasswordFile(link, clock=clock)
    assert set(file.accounts()) == {"alice"}
    (tmp_path / "new").symlink_to("bob")
    (tmp_path / "new").rename(link)
    assert file.changed()
    assert set(file.accounts()) == {"alice"}
    clock.now_s += 2 * SETTLE_S
    assert set(file.accounts()) == {"bob"}


def test_a_full_disk_leaves_the_file_as_it_was(path, file, monkeypatch):
    """What cannot be written is refused, in words, and nothing else is left behind."""
    file.add("alice", HASH)
    before = path.read_bytes()

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PasswordFileError) as caught:
        file.add("bob", HASH)
    words = "No space left on device. Nothing was changed. Make room on its disk, then try again."
    assert str(caught.value) == f"Cannot write the password file {path}: {words}"
    assert path.read_bytes() == before
    assert set(file.accounts()) == {"alice"}
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["passwords", "passwords.lock"]
    monkeypatch.undo()
    file.add("bob", HASH)  # and it recovers by itself
    assert set(file.accounts()) == {"alice", "bob"}
