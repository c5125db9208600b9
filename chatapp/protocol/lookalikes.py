"""Pure: names that could be mistaken for another name.

Names of users are ASCII, so only a few of their characters look alike (DESIGN R1). Names of channels may be in any
script; two channel names look alike when their skeletons are equal (UTS #39, section 4, "Confusable Detection").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from chatapp.errors import NameReservedError
from chatapp.protocol.names import fold

_JOINERS = {0x200C: None, 0x200D: None}  # allowed in display names, see ``commands/setname.py`` of the server
_UNSEEN = {**_JOINERS, 0xFE0E: None, 0xFE0F: None}  # and the two variation selectors of emoji
_IN_BRACKETS = re.compile(r"[(\[{<][^()\[\]{}<>]*[)\]}>]")  # such as ``(founder)``
# Letters in black circles and squares, and those of flags, which Unicode does not decompose.
_BOXED = {first + offset: chr(ord("a") + offset) for first in (0x1F150, 0x1F170, 0x1F1E6) for offset in range(26)}
_ALIKE = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "o", "O": "o"})

# Names that people would take for the server or its administrators, and commands of our client's menu.
_OFFICIAL = (
    "abuse admin administrator admins all bm channel chat chatapp chatserver daemon dm everybody everyone"
    " ex exit global help here hostmaster irc ircop lobby menu moderator moderators nobody oper operator"
    " operators opers owner postmaster quit root security server service services staff support sysadmin sysop system"
    " webmaster who"
)
# Words with which clients tell what their own user did, or nobody in particular: "You removed the topic".
_WORDS = "anybody anyone deleted somebody someone the you yourself"


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


def looks_of_text(text: str) -> list[str]:
    """Return the names that a display name might be read as: itself first, then each without its ornaments.

    Ornaments are characters at both ends that are neither letter nor digit, and parts in brackets: ``*alice*``,
    ``alice (founder)``. Letters of other scripts count as the ASCII letters that they look like.
    """
    plain = text.translate(_UNSEEN).strip()
    compatible = unicodedata.normalize("NFKC", plain.translate(_BOXED))  # full-width characters, letters in circles
    forms = [plain, compatible, skeleton(compatible)]
    forms += [_IN_BRACKETS.sub("", form) for form in forms]
    forms += [_core(form) for form in forms]
    return [form for form in dict.fromkeys(forms) if form]


def _core(text: str) -> str:
    """Return a text without the characters at both ends that are neither letter nor digit."""
    seen = [at for at, char in enumerate(text) if char.isalnum()]
    return text[seen[0] : seen[-1] + 1] if seen else ""


def _looks_of(words: str) -> frozenset[str]:
    return frozenset(look_of(form) for word in words.split(" ") for form in (word, word.upper()))


_OFFICIAL_LOOKS, _LOOKS_OF_WORDS = _looks_of(_OFFICIAL), _looks_of(_WORDS)


def is_service(nick: str) -> bool:
    """Return whether ``nick`` is a name of services on other networks, such as NickServ: people send them passwords."""
    return fold(nick).endswith("serv")


def is_official(name: str) -> bool:
    """Return whether people would take a user with this name for the server, its services or its administrators.

    So with a word that clients use instead of a name.
    """
    look = look_of(name)
    return is_service(name) or look.endswith("serv") or look in _OFFICIAL_LOOKS | _LOOKS_OF_WORDS


def check_new_nick(nick: str, others: Iterable[str] = ()) -> None:
    """Raise NameReservedError if ``nick``, a new name, looks official or looks like another name in ``others``."""
    look = look_of(nick)
    if look in _LOOKS_OF_WORDS:
        raise NameReservedError(f"{nick} would be read as a word, and not as a name. Take another name.")
    if is_official(nick):
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
    # The table has the letter "i" for the Cyrillic palochka in lower case, but most fonts draw both cases as "l".
    prototypes["\u04cf"] = "l"
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
