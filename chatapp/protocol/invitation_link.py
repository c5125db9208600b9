"""Links of invitations to a server: ``https://<host>:<port>/#invite=<code>&key=<fingerprint of the server's key>``.

What follows the ``#`` stays in a browser: it is in no request and in no server's log.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.errors import InvitationLinkError
from chatapp.protocol.fingerprint import parse_fingerprint

CODE = r"[A-Za-z0-9_-]{22,64}"  # base64url of 128 bits or more
LINK_CHARACTERS_MAX = 1_000
PORT_DEFAULT = 443
_AROUND = " \t\r\n<>\"'`"  # what people copy with a link
_AUTHORITY = r"(?:\[([0-9A-Fa-f:.]{2,64}(?:%[A-Za-z0-9._-]{1,32})?)\]|([^\s/?#@:\[\]\\]{1,255}))(?::([0-9]{1,5}))?"

_NOT_A_LINK = "This is no link of an invitation. Such a link begins with https:// and has #invite= in it."
_NOT_WHOLE = (
    "The link is not whole. Copy all of it, and put it in quotes: a shell cuts a link at the & otherwise."
    " (chat connect 'LINK')"
)


class InvitationLink(NamedTuple):
    """A link in its parts; ``key`` is the fingerprint of the server's public key (``SHA256:...``)."""

    host: str
    port: int
    code: str
    key: str

    def __repr__(self) -> str:
        """Leave out the code: a record may come into a traceback."""
        return f"InvitationLink({self.host!r}, {self.port}, key={self.key!r})"


def is_link(text: str) -> bool:
    """Return whether a text is meant as a link, not as the name of a host."""
    return "://" in text or "#invite=" in text


def code_of(text: str) -> str:
    """Return the code in a text that may be a whole link; the text itself if it is none."""
    found = re.search(rf"#(?:[^\s#]{{0,200}}&)?invite=({CODE})(?![A-Za-z0-9_-])", text[:LINK_CHARACTERS_MAX])
    return found[1] if found is not None else text


def format_link(host: str, port: int, code: str, key: str) -> str:
    """Return the link of an invitation. A browser takes ``+`` for a space and ``=`` for the next part, so neither is
    in the key.
    """
    where = f"[{host}]" if ":" in host else host
    return f"https://{where}:{port}/#invite={code}&key={key.rstrip('=').replace('+', '%2B')}"


def parse_link(text: str) -> InvitationLink:
    """Read a link as typed or pasted. Raises InvitationLinkError, whose text has nothing of the link."""
    text = text.strip(_AROUND)
    if len(text) > LINK_CHARACTERS_MAX:
        raise InvitationLinkError("The link is too long to be one of an invitation.")
    found = re.fullmatch(rf"(?i:https)://{_AUTHORITY}/?#(\S*)", text)
    if found is None or not text.isprintable():
        if "#invite=" not in text or not text.lower().startswith("https://"):
            raise InvitationLinkError(_NOT_A_LINK)
        raise InvitationLinkError("The address in the link cannot be that of a server. Copy the link again.")
    pairs = [part.partition("=")[::2] for part in found[4].split("&")]
    fields = dict(pairs)
    if any(len([name for name, _ in pairs if name == field]) > 1 for field in ("invite", "key")):
        raise InvitationLinkError(_NOT_WHOLE)  # a person may see another key than the client trusts
    if "invite" not in fields:
        raise InvitationLinkError(_NOT_A_LINK)
    code, key = fields["invite"], _unquoted(fields.get("key", ""))
    if re.fullmatch(CODE, code) is None or not key:
        raise InvitationLinkError(_NOT_WHOLE)
    try:
        key = parse_fingerprint(key)
    except ValueError:
        raise InvitationLinkError(_NOT_WHOLE) from None
    port = int(found[3]) if found[3] is not None else PORT_DEFAULT
    if not 0 < port <= 65_535:
        raise InvitationLinkError("The port in the link is not one. Copy the link again.")
    return InvitationLink(found[1] or found[2], port, code, key)


def _unquoted(text: str) -> str:
    """Return a text without the escapes of links (``%2B``). Only ASCII is needed."""
    return re.sub("%([0-7][0-9A-Fa-f])", lambda found: chr(int(found[1], 16)), text)
