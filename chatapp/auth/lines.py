"""The format of the password file: one account per line, as Apache's ``htpasswd`` writes it.

::

    alice:$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW:id=2f1d8a90c4b7e635,admin

After the name and the bcrypt hash, a second colon may introduce fields separated by commas, which ``htpasswd`` does not
know. Our fields are ``id=`` (the account's uid) and ``admin``. Other fields, empty lines and comments (``#``) are kept
as they are. ``htpasswd -B`` can add, change and delete accounts. When it sets a password, it rewrites the line without
the fields; a running server restores them.

A removed account leaves a tombstone, so that nobody gives its name to another person by accident. A tombstone is a
comment, which ``htpasswd`` and web servers ignore::

    # removed:eve:id=2f1d8a90c4b7e635
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from chatapp.casemap import fold
from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN
from chatapp.errors import NameNotAllowedError, NameReservedError, PasswordFileError

_BOM = b"\xef\xbb\xbf"  # some editors write this byte order mark before the first line

# No ':', control character or line separator; no white space at either end; no '#' at the start (a comment).
_NAME = r"(?![#\s])[^:\x00-\x1f\x7f\x85\u2028\u2029]+(?<!\s)"
# 22 characters hold 16 bytes of salt, and 31 characters hold 23 bytes of hash. 22 characters have 4 bits more than the
# salt. These bits are 0, so only four characters can end the salt.
_HASH = r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}"

_LINE = re.compile(rf"(?P<name>{_NAME}):(?P<hash>{_HASH})(?::(?P<fields>.*))?")
_TOMBSTONE = rf"#\s*removed:(?P<name>{_NAME})(?::id=(?P<id>[0-9a-f]{{16}}))?"


class Account(msgspec.Struct, frozen=True):
    """An account in the password file: its name as registered, its bcrypt hash, and its fields."""

    name: str
    hash: str
    admin: bool = False
    id: str = ""  # 16 hexadecimal digits; empty if the line has no id
    other: tuple[str, ...] = ()  # fields of other programs, kept as they are

    def __repr__(self) -> str:
        """Return the account without its hash."""
        return f"Account(name={self.name!r}, admin={self.admin!r}, id={self.id!r}, other={self.other!r})"

    @property
    def has_fields(self) -> bool:
        """Return whether the account's line has any field after the name and the hash."""
        return bool(self.admin or self.id or self.other)


class Tombstone(NamedTuple):
    """A removed account: its name as registered, and its id (empty if its line had no id)."""

    name: str
    id: str


class Line(NamedTuple):
    """A line of the file with its line end, and the account or the tombstone on the line.

    An empty line and a comment have neither an account nor a tombstone.
    """

    raw: bytes
    account: Account | None
    tombstone: Tombstone | None = None


def check_name(name: str) -> None:
    """Raise NameNotAllowedError if the file format cannot hold ``name``.

    ``protocol.names`` has the stricter rule for the names of users.
    """
    if not re.fullmatch(_NAME, name):
        raise NameNotAllowedError(
            f"{name!r} cannot stand in a password file: a name is not empty, has no ':' or control character, "
            "and does not begin with '#' or a space."
        )


def is_bcrypt(text: str) -> bool:
    """Return whether ``text`` is a bcrypt hash with a cost from BCRYPT_COST_MIN to BCRYPT_COST_MAX."""
    match = re.fullmatch(_HASH, text)
    return match is not None and _is_cost(match["cost"])


def is_id(text: str) -> bool:
    """Return whether ``text`` is the id of an account: 16 hexadecimal digits."""
    return re.fullmatch(r"[0-9a-f]{16}", text) is not None


def _is_cost(digits: str) -> bool:
    return BCRYPT_COST_MIN <= int(digits) <= BCRYPT_COST_MAX


def cost_of(hash: str) -> int:
    """Return the cost of ``hash``, a bcrypt hash."""
    return int(hash[4:6])


def parse(data: bytes, where: str) -> list[Line]:
    """Parse ``data``, the content of a whole password file; ``where`` names the file in error messages.

    Raises PasswordFileError for the first line that cannot be used, with its number and what to do about it.
    """
    lines: list[Line] = []
    names: dict[str, int] = {}
    ids: dict[str, int] = {}
    for number, raw in enumerate(data.removeprefix(_BOM).splitlines(keepends=True), 1):
        try:
            account = _parse_line(raw)
        except PasswordFileError as error:
            raise PasswordFileError(f"{where}, line {number}: {error}") from None
        lines.append(Line(raw, account, _tombstone_on(raw) if account is None else None))
        if account is None:
            continue
        first = names.setdefault(fold(account.name), number)
        if first != number:
            raise PasswordFileError(
                f"{where}, lines {first} and {number}: both are the account {account.name!r} (upper and lower case "
                "count as the same). Delete one of the two lines."
            )
        first = ids.setdefault(account.id, number) if account.id else number
        if first != number:
            raise PasswordFileError(
                f"{where}, lines {first} and {number}: two accounts have the same id. Delete the field id= from the "
                "line that was copied."
            )
    return lines


def _parse_line(raw: bytes) -> Account | None:
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        raise PasswordFileError("this is not UTF-8. Save the file as UTF-8.") from None
    if not text or text.startswith("#"):
        return None
    match = _LINE.fullmatch(text)
    if match is None or not _is_cost(match["cost"]):
        raise PasswordFileError(_what_is_wrong(text))
    name, hash, fields = match.group("name", "hash", "fields")
    return _with_fields(name, hash, fields) if fields else Account(name, hash)


def _tombstone_on(raw: bytes) -> Tombstone | None:
    match = re.fullmatch(_TOMBSTONE, raw.decode().strip())
    return None if match is None else Tombstone(match["name"], match["id"] or "")


def _what_is_wrong(text: str) -> str:
    """Return the error message for a line that is not an account."""
    name, colon, _ = text.partition(":")
    if not colon or not re.fullmatch(_NAME, name):
        return "no account name comes before a ':'. Correct or delete the line."
    return (
        f"what follows {name[:40]!r} is not a bcrypt hash of a cost from {BCRYPT_COST_MIN} to {BCRYPT_COST_MAX}. "
        "Set the password anew with htpasswd -B, or delete the line."
    )


def _with_fields(name: str, hash: str, fields: str) -> Account:
    admin, uid, other = False, "", []
    for field in fields.split(","):
        if field == "admin":
            admin = True
        elif field.startswith("id="):
            uid = field.removeprefix("id=")
            if not is_id(uid):
                raise PasswordFileError(
                    f"the id of {name!r} is not 16 hexadecimal digits. Restore the line from a backup; "
                    "without its id the account is a new one."
                )
        elif field:
            other.append(field)
    return Account(name, hash, admin, uid, tuple(other))


def render(account: Account) -> bytes:
    """Return the line of ``account``, without a line end."""
    fields = [f"id={account.id}"] if account.id else []
    fields += ["admin"] if account.admin else []
    fields += account.other
    return ":".join([account.name, account.hash, *([",".join(fields)] if fields else [])]).encode()


def buried(tombstone: Tombstone) -> Line:
    """Return the line of ``tombstone``, a comment."""
    fields = f":id={tombstone.id}" if tombstone.id else ""
    return Line(f"# removed:{tombstone.name}{fields}\n".encode(), None, tombstone)


def join(lines: Iterable[Line]) -> bytes:
    """Return the content of the file with these lines; a line without a line end gets one."""
    return b"".join(line.raw if line.raw.endswith((b"\n", b"\r")) else line.raw + b"\n" for line in lines)


def replaced(line: Line, account: Account) -> Line:
    """Return the line of ``account`` with the line end of ``line``."""
    body = line.raw.rstrip(b"\r\n")
    return Line(render(account) + (line.raw[len(body) :] or b"\n"), account)


def index(lines: Iterable[Line]) -> dict[str, Account]:
    """Return the accounts by casefolded name."""
    return {fold(line.account.name): line.account for line in lines if line.account is not None}


def tombstones(lines: Iterable[Line]) -> tuple[Tombstone, ...]:
    """Return the tombstones, except those whose id an account in the file has: that account has been restored."""
    lines = list(lines)
    ids = {line.account.id for line in lines if line.account is not None and line.account.id}
    return tuple(line.tombstone for line in lines if line.tombstone is not None and line.tombstone.id not in ids)


def check_not_removed(name: str, tombstones: Iterable[Tombstone]) -> None:
    """Raise NameReservedError if an account with this name was removed."""
    if any(fold(tombstone.name) == fold(name) for tombstone in tombstones):
        raise removed_before(name)


def removed_before(name: str) -> NameReservedError:
    """Return the error for ``name``, the name of a removed account."""
    return NameReservedError(
        f"{name} was the name of an account that was removed, and people might take you for it. Take another name."
    )
