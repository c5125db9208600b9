"""TOKEN: the device tokens with which programs sign in to the session's own account, in the place of the password.

``TOKEN ADD [here or send=<target>[,<target> ...]] :<name>`` makes a token, which the answer tells this session and
nobody else. With ``here``, it is the token of this device: to revoke it ends this session too. With ``send``, the token
is restricted to these channels and users. ``TOKEN LIST`` shows the tokens, and ``TOKEN DEL <id>`` revokes one. A
client without the capability ``chatapp/account`` gets sentences (NOTICE).

A session that signed in with a token makes none, so a stolen token is useless when it is revoked.

Spec: our own; chatapp/server/README.md, "Extensions".
"""

from __future__ import annotations

from chatapp.errors import NameNotAllowedError
from chatapp.model.entities import Token, User
from chatapp.model.outcome import Reason
from chatapp.model.tokens import held
from chatapp.protocol.message import Message
from chatapp.protocol.timestamps import format_minute, format_time
from chatapp.protocol.tokens import parse_token_name
from chatapp.server import refusals
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session, sessions_of
from chatapp.server.tokens import Made, NoPasswordError, parse_targets

_HERE, _SEND = "here", "send="


async def token(session: Session, user: User, action: str, message: Message) -> None:
    """Make a token (ADD), show the tokens (LIST), or revoke one (DEL). Raises StandardRefused, LogUnavailableError."""
    if user.guest:
        raise refusals.GUEST_HAS_NO_TOKENS.of()
    action, params = action.upper(), message.params[1:]
    if action == "LIST" and not params:
        _list(session, user)
    elif action == "ADD" and len(params) == 2 and params[0] == _HERE:
        await _add_here(session, user, params[1])
    elif action == "ADD" and len(params) in (1, 2) and params[0].startswith(_SEND) == (len(params) == 2):
        await _add(session, user, params[-1], params[0].removeprefix(_SEND).split(",") if len(params) == 2 else [])
    elif action == "DEL" and len(params) == 1:
        await _remove(session, user, params[0])
    else:
        raise refusals.WRONG_PARAMS.of(render.shown(action), usage=TOPICS["TOKEN"].syntax)


async def _add_here(session: Session, user: User, name: str) -> None:
    """Make the token of the device that this session is on. From now on it is the session's token."""
    if not session.by_token and held(user, session.token) is not None:
        raise refusals.TOKEN_IS_HERE.of(id=session.token)
    made = await _add(session, user, name, [])
    session.token = made.id
    services, here = session.services, session.user
    if here is None or held(here, made.id) is None:  # another session has revoked it meanwhile
        session.end(refusals.TOKEN_REVOKED)
        return
    services.tokens.note_use(here, made.id)


async def _add(session: Session, user: User, name: str, send: list[str]) -> Made:
    if session.by_token:
        raise refusals.TOKEN_NEEDS_PASSWORD.of()
    try:
        name = parse_token_name(name)
    except NameNotAllowedError as error:
        raise refusals.UNUSABLE_TOKEN_NAME.of(why=error) from None
    try:
        targets = parse_targets(send)
    except NameNotAllowedError as error:
        raise refusals.UNUSABLE_TOKEN_TARGET.of(why=error) from None
    try:
        made = await session.services.tokens.add(user, name, targets, session)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.TOKENS_FULL:
            raise
        raise refusals.TOKENS_FULL.of() from None
    except NoPasswordError:
        raise refusals.TOKEN_NOT_NOW.of() from None
    session.tell(
        "TOKEN",
        f":{session.services.host} TOKEN ADDED {made.id} {made.text} :{name}",
        f"The token {made.text} signs in to your account, in the place of the password. It is not shown again."
        f" To end it: /quote TOKEN DEL {made.id}",
    )
    return made


def _list(session: Session, user: User) -> None:
    """Send a line for each token that signs in, and an end.

    A token of an open connection of the account is in use now; the time of last use of the others is up to ten
    minutes old.
    """
    services = session.services
    found = services.tokens.of(user)
    connected = {each.token for each in sessions_of(services, user.uid)}
    for each in found:
        used = services.log_ms() if each.id in connected else each.used
        fields = [each.id, format_time(each.time), format_time(used) if used else "*"]
        current = "1" if each.id == session.token else "0"
        only = f" {_SEND}{','.join(each.targets)}" if each.targets else ""
        line = f":{services.host} TOKEN {' '.join(fields)} {current}{only} :{each.name}"
        session.tell("TOKEN", line, _sentence(each, used, here=each.id == session.token))
    session.tell("TOKEN", f":{services.host} TOKEN END", f"Tokens: {len(found)}." if found else "You have no tokens.")


def _sentence(token: Token, used: int, *, here: bool) -> str:
    """Return what a person reads about a token. ``used``: its last use (ms), 0 for none; ``here``: by this session."""
    last = "used here" if here else f"last used on {format_minute(used)}" if used else "never used"
    only = f", only for {', '.join(token.targets)}" if token.targets else ""
    return f"{token.id}, {token.name}, made on {format_minute(token.time)}, {last}{only}"


async def _remove(session: Session, user: User, token_id: str) -> None:
    """Revoke a token. Its sessions end, except this session: a client that signs out of its device ends by itself."""
    found = held(user, token_id.lower())
    if found is None:
        raise refusals.NO_SUCH_TOKEN.of(render.shown(token_id))
    try:
        await session.services.tokens.remove(user, found, session)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.NO_SUCH_TOKEN:
            raise
        raise refusals.NO_SUCH_TOKEN.of(render.shown(token_id)) from None
    line = f":{session.services.host} TOKEN REMOVED {found.id}"
    session.tell("TOKEN", line, f"The token {found.name} does not sign in to your account any more.")
