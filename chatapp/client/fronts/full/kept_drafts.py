"""Pure: the drafts that outlive the client: as lines of a file, and from these lines."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chatapp.client.fronts.full.buffers import Buffers
from chatapp.client.fronts.full.draft import Draft
from chatapp.protocol.names import fold

LINES_MAX = 200  # drafts of all accounts; beyond this number, the oldest are dropped


class KeptDraft(msgspec.Struct, frozen=True):
    """A text that was not sent, with what it answers or replaces. ``server``: its address, ``account``: as typed."""

    server: str
    account: str
    conversation: str
    text: str
    pasted_lines: int = 0
    reply_to: str = ""
    about: str = ""
    edits: str = ""

    def draft(self) -> Draft:
        """Return the draft as it was, with the cursor at the end."""
        found = Draft()
        found.set(self.text)
        found.pasted_lines = self.pasted_lines
        found.reply_to, found.about, found.edits = self.reply_to, self.about, self.edits
        return found


def taken(lines: Iterable[str], server: str, account: str) -> tuple[list[KeptDraft], list[str]]:
    """Return the drafts of an account, and the other lines. Raises msgspec.MsgspecError."""
    own: list[KeptDraft] = []
    others: list[str] = []
    for line in lines:
        kept = msgspec.json.decode(line, type=KeptDraft)
        if (kept.server, fold(kept.account)) == (server, fold(account)):
            own.append(kept)
        else:
            others.append(line)
    return own, others


def written(buffers: Buffers, server: str, account: str) -> list[str]:
    """Return the lines for all drafts, but not for commands: their words can be secret."""
    drafts = {**{each.name: each.draft for each in buffers if each.name}, **buffers.waiting}
    return [
        msgspec.json.encode(
            KeptDraft(server, account, name, draft.text, draft.pasted_lines, draft.reply_to, draft.about, draft.edits)
        ).decode()
        for name, draft in drafts.items()
        if draft.text.strip() and not is_command(draft.text)
    ]


def is_command(text: str) -> bool:
    """Tell whether a text is a command, and not sent to a conversation."""
    return text.startswith("/") and not text.startswith("//")
