"""Pure: names that could be mistaken for another name.

Names of users are ASCII, so a few characters are all that look alike there (DESIGN R1). Names of channels may be of any
script; two of them look alike when their skeletons are equal (UTS #39, section 4, "Confusable Detection").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from chatapp.errors import NameReservedError
from chatapp.protocol.names import fold

_ALIKE = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "o", "O": "o"})

# What people take for the server or whoever runs it, and what the menu of our client takes for a command.
_OFFICIAL = (
    "abuse admin administrator admins all bm channel chat chatapp chatserver daemon dm everybody everyone"
    " ex exit global help here hostmaster irc ircop lobby menu moderator moderators nobody oper operator"
    " operators opers owner postmaster quit root security server service services staff support sysadmin sysop system"
    " webmaster who"
)


def look_of(nick: str) -> str:
    """Return the form in which users' names are compared for their looks; takes the name as it is shown.

    Spec: UTS #39, section 4, for the characters that names may have: `m` looks like `rn` there.
    """
    return nick.translate(_ALIKE).lower().replace("rn", "m")


_OFFICIAL_LOOKS = frozenset(look_of(form) for word in _OFFICIAL.split(" ") for form in (word, word.upper()))


def is_service(nick: str) -> bool:
    """Tell whether a name is one of those that services have on other networks (NickServ), where passwords are sent."""
    return fold(nick).endswith("serv")


def check_new_nick(nick: str, others: Iterable[str] = ()) -> None:
    """Raise NameReservedError if a new name looks official, or like one of ``others``, which are not the same name."""
    look = look_of(nick)
    if is_service(nick) or look.endswith("serv") or look in _OFFICIAL_LOOKS:
        raise NameReservedError(f"{nick} looks like a name of the server or of whoever runs it. Take another name.")
    for other in others:
        if look_of(other) == look and fold(other) != fold(nick):
            raise NameReservedError(f"{nick} looks like {other}, which is somebody else's name. Take another name.")


@cache
def _prototypes() -> dict[str, str]:
    """Return what stands for each confusable character, from the table of UTS #39.

    The library has it both ways: each character with all that it stands for, or with what stands for it. Its table is
    large, and is read when it is first needed.
    """
    from confusable_homoglyphs.utils import load  # type: ignore[import-untyped]

    alike = {text: [other["c"] for other in others] for text, others in load("confusables.json").items()}
    prototypes: dict[str, str] = {}
    for text, others in alike.items():
        if len(text) == 1 and len(others) == 1:
            (other,) = others
            # A pair: nothing tells which of them stands for the other, and any choice is as good for a comparison.
            is_pair = len(alike.get(other, ())) <= 1 and len(other) == 1
            prototypes[text] = min(text, other) if is_pair else other
    return prototypes


def skeleton(channel: str) -> str:
    """Return the form in which names of channels are compared for their looks, upper and lower case alike.

    Spec: UTS #39, section 4, "skeleton(X)": NFD, each character replaced by its prototype, NFD again. It is done twice,
    because some letters have a prototype in lower case alone.
    """
    return _skeleton(_skeleton(channel).lower()).lower()


def _skeleton(text: str) -> str:
    prototypes = _prototypes()
    mapped = "".join(prototypes.get(char, char) for char in unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", mapped)
