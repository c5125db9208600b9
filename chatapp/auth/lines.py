"""The form of the password file: one account on each line, as Apache's ``htpasswd`` writes it.

::

    alice:$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW:id=2f1d8a90c4b7e635,admin

After the name and the bcrypt hash, a second colon may bring fields that ``htpasswd`` knows nothing of, separated by
commas. Ours are ``id=`` (the account's uid) and ``admin``; others are kept as they are. So are empty lines and comments
(``#``). ``htpasswd -B`` can add, change and delete accounts; where it sets a password it writes the line anew, without
the fields. A running server puts them back.

A removed account leaves a tombstone, so that its name is not given to somebody else unnoticed. It is a comment, which
``htpasswd`` and web servers pass over::

    # removed:eve:id=2f1d8a90c4b7e635
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN
from chatapp.errors import NameNotAllowedError, PasswordFileError

_BOM = b"\xef\xbb\xbf"  # some editors put it before the first line

# No ':' and no control character, no space at either end, and not what begins a comment.
_NAME = r"(?![#\s])[^:\x00-\x1f\x7f\x85\u2028\u2029]+(?<!\s)"
# 16 bytes of salt in 22 characters and 23 bytes of hash in 31: the last of the salt has bits that are always 0.
_HASH = r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}"

_NAME_ALONE = re.compile(_NAME)
_HASH_ALONE = re.compile(_HASH)
_LINE = re.compile(rf"(?P<name>{_NAME}):(?P<hash>{_HASH})(?::(?P<fields>.*))?")
_TOMBSTONE = re.compile(rf"#\s*removed:(?P<name>{_NAME})(?::id=(?P<id>[0-9a-f]{{16}}))?")
_ID = re.compile(r"[0-9a-f]{16}")


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """A name that lasts: as registered, its bcrypt hash, and what else the file says of it."""

    name: str
    hash: str = dataclasses.field(repr=False)
    admin: bool = False
    id: str = ""  # 16 hexadecimal digits; empty where the line has none
    other: tuple[str, ...] = ()  # fields that are not ours

    @property
    def has_fields(self) -> bool:
        """Tell whether its line has more than the name and the hash."""
        return bool(self.admin or self.id or self.other)


class Tombstone(NamedTuple):
    """A removed account: its name as registered, and its id (empty where its line had none)."""

    name: str
    id: str


class Line(NamedTuple):
    """A line with its end, and the account or the tombstone on it; neither on an empty line and another comment."""

    raw: bytes
    account: Account | None
    tombstone: Tombstone | None = None


def check_name(name: str) -> None:
    """Raise NameNotAllowedError if a line cannot hold ``name``. What a name may be is for ``protocol.names`` to say."""
    if not _NAME_ALONE.fullmatch(name):
        raise NameNotAllowedError(
            f"{name!r} cannot stand in a password file: a name is not empty, has no ':' or control character, "
            "and does not begin with '#' or a space."
        )


def is_bcrypt(text: str) -> bool:
    """Return whether ``text`` is a bcrypt hash of a cost that we compute."""
    match = _HASH_ALONE.fullmatch(text)
    return match is not None and _is_cost(match["cost"])


def is_id(text: str) -> bool:
    """Return whether ``text`` is the id of an account: 16 hexadecimal digits."""
    return _ID.fullmatch(text) is not None


def _is_cost(digits: str) -> bool:
    return BCRYPT_COST_MIN <= int(digits) <= BCRYPT_COST_MAX


def cost_of(hash: str) -> int:
    """Return the cost of a bcrypt hash."""
    return int(hash[4:6])


def parse(data: bytes, where: str) -> list[Line]:
    """Read a whole file; ``where`` is its name for the texts of errors.

    Raises PasswordFileError with the number of the first line that cannot be used, and what to do about it.
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
    match = _TOMBSTONE.fullmatch(raw.decode().strip())
    return None if match is None else Tombstone(match["name"], match["id"] or "")


def _what_is_wrong(text: str) -> str:
    """Return what to say of a line that is not one."""
    name, colon, _ = text.partition(":")
    if not colon or not _NAME_ALONE.fullmatch(name):
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
    """Return the line of ``account``, without its end."""
    fields = [f"id={account.id}"] if account.id else []
    fields += ["admin"] if account.admin else []
    fields += account.other
    return ":".join([account.name, account.hash, *([",".join(fields)] if fields else [])]).encode()


def buried(tombstone: Tombstone) -> Line:
    """Return the line of a tombstone."""
    fields = f":id={tombstone.id}" if tombstone.id else ""
    return Line(f"# removed:{tombstone.name}{fields}\n".encode(), None, tombstone)


def join(lines: Iterable[Line]) -> bytes:
    """Return the file that ``lines`` are, with an end to each line."""
    return b"".join(line.raw if line.raw.endswith((b"\n", b"\r")) else line.raw + b"\n" for line in lines)


def replaced(line: Line, account: Account) -> Line:
    """Return ``line`` with ``account`` on it; its end stays what it was."""
    body = line.raw.rstrip(b"\r\n")
    return Line(render(account) + (line.raw[len(body) :] or b"\n"), account)


def index(lines: Iterable[Line]) -> dict[str, Account]:
    """Return the accounts by folded name."""
    return {fold(line.account.name): line.account for line in lines if line.account is not None}


def tombstones(lines: Iterable[Line]) -> tuple[Tombstone, ...]:
    """Return the removed accounts. An account that stands in the file again with its id is not removed."""
    lines = list(lines)
    ids = {line.account.id for line in lines if line.account is not None and line.account.id}
    return tuple(line.tombstone for line in lines if line.tombstone is not None and line.tombstone.id not in ids)
