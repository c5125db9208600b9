"""Pure: names that could be mistaken for another name.

Names of users are ASCII, so only a few of their characters look alike (DESIGN R1). Names of channels may be in any
script; two channel names look alike when their skeletons are equal (UTS #39, section 4, "Confusable Detection").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from chatapp.errors import NameReservedError
from chatapp.protocol.names import fold

_JOINERS = {0x200C: None, 0x200D: None}  # allowed in display names, see ``commands/setname.py`` of the server
_ALIKE = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "o", "O": "o"})

# Names that people would take for the server or its administrators, and commands of our client's menu.
_OFFICIAL = (
    "abuse admin administrator admins all bm channel chat chatapp chatserver daemon dm everybody everyone"
    " ex exit global help here hostmaster irc ircop lobby menu moderator moderators nobody oper operator"
    " operators opers owner postmaster quit root security server service services staff support sysadmin sysop system"
    " webmaster who"
)


def look_of(nick: str) -> str:
    """Return a form of ``nick`` (as shown, not casefolded) that is equal for two names that look alike.

    Spec: UTS #39, section 4, reduced to the characters of nicks; there, `m` looks like `rn`.
    """
    return nick.translate(_ALIKE).lower().replace("rn", "m")


def look_of_text(text: str) -> str:
    """Return a form of a display name to compare with :func:`look_of` of names of accounts.

    Spaces around it and the two joiners, which nobody sees there, do not count.
    """
    return look_of(text.translate(_JOINERS).strip())


_OFFICIAL_LOOKS = frozenset(look_of(form) for word in _OFFICIAL.split(" ") for form in (word, word.upper()))


def is_service(nick: str) -> bool:
    """Return whether ``nick`` is a name of services on other networks, such as NickServ: people send them passwords."""
    return fold(nick).endswith("serv")


def check_new_nick(nick: str, others: Iterable[str] = ()) -> None:
    """Raise NameReservedError if ``nick``, a new name, looks official or looks like another name in ``others``."""
    look = look_of(nick)
    if is_service(nick) or look.endswith("serv") or look in _OFFICIAL_LOOKS:
        raise NameReservedError(f"{nick} looks like a name of the server or of whoever runs it. Take another name.")
    for other in others:
        if look_of(other) == look and fold(other) != fold(nick):
            raise NameReservedError(f"{nick} looks like {other}, which is somebody else's name. Take another name.")


@cache
def _prototypes() -> dict[str, str]:
    """Return the prototype of each confusable character, from the table of UTS #39.

    The library's table has both directions in one dict: a prototype maps to all of its confusable characters, and a
    confusable character maps to its prototype. The table is large, so the first call loads it.
    """
    from confusable_homoglyphs.utils import load  # type: ignore[import-untyped]

    alike = {text: [other["c"] for other in others] for text, others in load("confusables.json").items()}
    prototypes: dict[str, str] = {}
    for text, others in alike.items():
        if len(text) == 1 and len(others) == 1:
            (other,) = others
            # In a pair of two characters, the table does not tell which is the prototype. For a comparison, either is
            # as good.
            is_pair = len(alike.get(other, ())) <= 1 and len(other) == 1
            prototypes[text] = min(text, other) if is_pair else other
    return prototypes


def skeleton(channel: str) -> str:
    """Return a form of the name ``channel``, in any case, that is equal for two channel names that look alike.

    Spec: UTS #39, section 4, "skeleton(X)": NFD, each character replaced by its prototype, NFD again. The function
    computes the skeleton twice, because some letters have a prototype only in lower case.
    """
    return _skeleton(_skeleton(channel).lower()).lower()


def _skeleton(text: str) -> str:
    prototypes = _prototypes()
    mapped = "".join(prototypes.get(char, char) for char in unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", mapped)
