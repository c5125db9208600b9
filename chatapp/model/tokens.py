"""Device tokens, with which programs sign in to an account: who may make and revoke them, and what a session may do.

A token signs in only while the account's password is the one of the moment when the token was made, as a certificate
does (``certificates.py``). The state has the SHA-256 of the token, and never the token.

A token may be restricted to targets. A session that has signed in with it only sends to these targets, and reads
nothing (:func:`may_do`).
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.entities import TOKENS_MAX, Token, User
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol.names import fold

USED_MS = 600_000  # shortest time between two events about the last use of a token: ten minutes

_SENDS = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "JOIN"})  # to listed targets only
_ALWAYS = frozenset({"CAP", "PING", "PONG", "QUIT"})  # these change nothing but the connection, and read nothing


def held(user: User, token_id: str) -> Token | None:
    """Return the token of a user with this id."""
    return next((each for each in user.tokens if each.id == token_id), None)


def may_do(token: Token, verb: str, targets: Collection[str]) -> bool:
    """Return whether a session that has signed in with a token may run a command with these targets, as typed."""
    if not token.targets or verb in _ALWAYS:
        return True
    return verb in _SENDS and bool(targets) and {*map(fold, targets)} <= {*map(fold, token.targets)}


def may_add(tables: Tables, event: events.TokenAdded) -> Refusal | None:
    """Judge a new token of an account: the account has room for it.

    A token that the account has had under an older password may be added again, under the new password.
    """
    user = tables.users.get(event.account)
    if user is None or user.guest or event.actor not in ("", event.account):
        return Refusal(Reason.NOT_HERE, event.nick)
    found = tables.token_holder(event.digest)
    if found is not None and (found[0] is not user or found[1].id != event.token):
        return Refusal(Reason.UNCHANGED)
    same = [each for each in user.tokens if each.password_mark == event.password_mark]
    if any(each.id == event.token for each in same):
        return Refusal(Reason.UNCHANGED)
    return Refusal(Reason.TOKENS_FULL) if len(same) >= TOKENS_MAX else None


def _add(tables: Tables, event: events.TokenAdded) -> Applied:
    """Add a token; the tokens that were made under an older password are dropped."""
    user = tables.users[event.account]
    was = held(user, event.token)
    kept = [each for each in user.tokens if each.password_mark == event.password_mark]
    made, used = (was.time, was.used) if was is not None else (event.time, 0)
    token = Token(event.token, event.digest, event.name, made, event.password_mark, event.targets, used)
    tables.set_tokens(user, (*kept, token))
    if not event.actor:
        note_act(tables, event, "add-token", user, detail=event.name)
    return Applied(event, tables.users.get(event.actor), peer=user)


def rename_target(tables: Tables, name: str, new: str) -> None:
    """Change a target of all tokens: the account with this name is removed, and tokens do not reach its successor.

    The token of somebody else stays restricted, because the target stays under a name that nobody can take.
    """
    for user in tables.users.values():
        if any(fold(name) in map(fold, token.targets) for token in user.tokens):
            renamed = [
                replace(token, targets=tuple(new if fold(each) == fold(name) else each for each in token.targets))
                for token in user.tokens
            ]
            tables.set_tokens(user, tuple(renamed))


def may_remove(tables: Tables, event: events.TokenRemoved) -> Refusal | None:
    """Judge that a token is revoked: the account has it."""
    user = tables.users.get(event.account)
    if user is None or event.actor not in ("", event.account):
        return Refusal(Reason.NOT_HERE, event.nick)
    return None if held(user, event.token) is not None else Refusal(Reason.NO_SUCH_TOKEN)


def _remove(tables: Tables, event: events.TokenRemoved) -> Applied:
    user = tables.users[event.account]
    token = held(user, event.token)
    assert token is not None
    tables.set_tokens(user, tuple(each for each in user.tokens if each is not token))
    if not event.actor:
        note_act(tables, event, "remove-token", user, detail=token.name)
    return Applied(event, tables.users.get(event.actor), peer=user)


def may_note_use(tables: Tables, event: events.TokenUsed) -> Refusal | None:
    """Judge the note that a token was used: the last note is old, so that coming and going writes little to the log."""
    user = tables.users.get(event.account)
    token = held(user, event.token) if user is not None else None
    if token is None:
        return Refusal(Reason.NO_SUCH_TOKEN)
    return None if not token.used or event.time >= token.used + USED_MS else Refusal(Reason.UNCHANGED)


def _note_use(tables: Tables, event: events.TokenUsed) -> Applied:
    user = tables.users[event.account]
    used = [replace(each, used=event.time) if each.id == event.token else each for each in user.tokens]
    tables.set_tokens(user, tuple(used))
    return Applied(event, user)


STEPS: dict[type, Step] = {
    events.TokenAdded: Step(may_add, _add),
    events.TokenRemoved: Step(may_remove, _remove),
    events.TokenUsed: Step(may_note_use, _note_use),
}
