"""Makes, revokes and checks the device tokens of one server. To check a token takes no bcrypt and waits in no queue."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from chatapp.errors import ChatError, NameNotAllowedError
from chatapp.model import events
from chatapp.model.entities import TOKEN_TARGETS_BYTES_MAX, TOKEN_TARGETS_MAX, Token, User
from chatapp.model.state import State
from chatapp.model.tokens import held
from chatapp.protocol.names import fold, is_channel, parse_channel, parse_nick
from chatapp.protocol.tokens import SECRET_BYTES, digest_of, is_token, token_of
from chatapp.server import refusals
from chatapp.server.delivery.origin import Proposer
from chatapp.server.proposals import Proposals
from chatapp.server.roster import Roster


class NoPasswordError(ChatError):
    """The password of an account is not known at the moment, so no token can be bound to it."""


class SignedIn(NamedTuple):
    """Who has signed in: the uid of the account, and the id of the token, which is empty for a password."""

    uid: str
    token: str = ""


class Made(NamedTuple):
    """A new token: its id, and its text, which nobody is told again."""

    id: str
    text: str

    def __repr__(self) -> str:
        return f"Made(id={self.id!r})"


def parse_targets(names: Sequence[str]) -> tuple[str, ...]:
    """Return the channels and users, as typed, to which a token is restricted, each once.

    Raises NameNotAllowedError for a name that neither can have, and for too many names.
    """
    targets = {fold(each): str(parse_channel(each) if is_channel(each) else parse_nick(each)) for each in names}
    if len(targets) > TOKEN_TARGETS_MAX or len(",".join(targets.values()).encode()) > TOKEN_TARGETS_BYTES_MAX:
        words = refusals.TOO_MANY_TOKEN_TARGETS.format(names=TOKEN_TARGETS_MAX, most=TOKEN_TARGETS_BYTES_MAX)
        raise NameNotAllowedError(words)
    return tuple(targets.values())


class Tokens:
    """Makes, revokes and checks device tokens. The state has them; the rules are in ``model/tokens.py``."""

    def __init__(self, state: State, proposals: Proposals, roster: Roster) -> None:
        self._state = state
        self._proposals = proposals
        self._roster = roster

    async def sign_in(self, name: str, text: str) -> SignedIn | None:
        """Return who signs in with a token ``text`` as ``name`` (as typed); ``None`` if ``text`` is no token of it.

        Then it may still be a password, and the caller checks that: so a wrong token gets the answer, the delay and the
        count of a wrong password. A right token gets no delay and clears no count: a restricted token would otherwise
        help to guess the password.
        """
        if not is_token(text):
            return None
        await self._roster.take_in()  # a new password ends the tokens
        found = self._state.token_holder(digest_of(text))
        if found is None or fold(name) != fold(found[0].name) or not self.signs_in(*found):
            return None
        user, token = found
        self.note_use(user, token.id)
        return SignedIn(user.uid, token.id)

    def note_use(self, user: User, token_id: str) -> None:
        """Note that a token is used now. This is refused, and not stored, if the last note is not ten minutes old."""
        self._proposals.note(self._proposals.event(events.TokenUsed, None, token=token_id, account=user.uid))

    def signs_in(self, user: User, token: Token) -> bool:
        """Return whether a token of a user still signs in: the account has the password that it had then."""
        return token.password_mark == self._roster.password_mark(user)  # no token has an empty mark

    def of(self, user: User) -> list[Token]:
        """Return the tokens of a user that sign in, the oldest first."""
        return [each for each in user.tokens if self.signs_in(user, each)]

    async def add(self, user: User, name: str, targets: tuple[str, ...] = (), by: Proposer | None = None) -> Made:
        """Make a token for a user, at its own request from the session ``by``, or for ``chat tokens``.

        ``name`` is from ``parse_token_name``, ``targets`` from :func:`parse_targets`. Raises NoPasswordError,
        EventRefusedError and LogUnavailableError.
        """
        text = token_of(secrets.token_bytes(SECRET_BYTES))
        stamp = self._proposals.stamps.new("")
        token_id, _ = stamp
        await self._store(user, Token(token_id, digest_of(text), name, 0, "", targets), by, stamp)
        return Made(token_id, text)

    async def keep(self, user: User, token_id: str, by: Proposer) -> None:
        """Let the token of the session that has changed the password sign in with the new password too.

        Raises as :meth:`add`. The text of the token is not needed: its hash stays the same.
        """
        token = held(user, token_id)
        if token is not None:
            await self._store(user, token, by)

    async def remove(self, user: User, token: Token, by: Proposer | None = None) -> None:
        """Revoke a token of a user. Its sessions end, except ``by``. Raises EventRefusedError, LogUnavailableError."""
        actor = by.user if by is not None else None
        event = self._proposals.event(events.TokenRemoved, actor, token=token.id, account=user.uid, name=token.name)
        await self._proposals.settle(event, by, by.response if by is not None else None)

    async def _store(self, user: User, token: Token, by: Proposer | None, stamp: tuple[str, int] | None = None) -> None:
        mark = self._roster.password_mark(user)
        if not mark:
            raise NoPasswordError(refusals.TOKEN_NOT_NOW.text)
        event = self._proposals.event(
            events.TokenAdded,
            by.user if by is not None else None,
            stamp=stamp,
            token=token.id,
            account=user.uid,
            digest=token.digest,
            name=token.name,
            password_mark=mark,
            targets=token.targets,
        )
        await self._proposals.settle(event, by, by.response if by is not None else None)
