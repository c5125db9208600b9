"""The state after applying the events of the log.

:meth:`State.apply` is the only writer. It runs on committed events, in log order, and is deterministic: no clock, no
configuration, no random source, no order of sets. The same log gives the same state in every process;
:meth:`State.digest` proves it. The effect of each event is beside the rule that judges it, in ``users.py``,
``channels.py``, ``moderation.py``, ``lapses.py``, ``invitations.py``, ``administration.py``,
``server_invitations.py``, ``certificates.py``, ``tokens.py``, ``conversations.py``, ``messages.py``, ``metadata.py``,
``editing.py`` or ``redaction.py``.

Time: within a channel or a conversation no two events share a time, and across the whole log times never go back
(DESIGN R6: "a client that asks for everything after a time gets everything"). Applying moves an event with too early a
time forward.
"""

from __future__ import annotations

import hashlib

import msgspec

from chatapp.errors import DataError
from chatapp.model import (
    administration,
    certificates,
    channels,
    editing,
    events,
    invitations,
    lapses,
    messages,
    metadata,
    moderation,
    redaction,
    server_invitations,
    tokens,
    users,
)
from chatapp.model.entities import Act, Ban, Channel, Conversation, Gone, Limits, ServerInvitations, User
from chatapp.model.outcome import Applied, Outcome, Reason, Refusal, Refused, Step
from chatapp.model.tables import Tables


def _may_set_limits(tables: Tables, event: events.LimitsSet) -> Refusal | None:
    return Refusal(Reason.UNCHANGED) if _limits_of(event) == tables.limits else None


def _set_limits(tables: Tables, event: events.LimitsSet) -> Applied:
    tables.limits = _limits_of(event)
    return Applied(event, None)


def _may_ascend(tables: Tables, event: events.TimesAscend) -> Refusal | None:
    return Refusal(Reason.UNCHANGED) if tables.time else None


def _ascend(tables: Tables, event: events.TimesAscend) -> Applied:
    times = [channel.time for channel in tables.channels.values()]
    times += [conversation.time for conversation in tables.conversations.values()]
    tables.time = max([1, event.time, *times])
    return Applied(event, None)


def _limits_of(event: events.LimitsSet) -> Limits:
    return Limits(event.channels, event.channels_per_user, event.members_per_channel)


STEPS: dict[type, Step] = {
    **users.STEPS,
    **channels.STEPS,
    **moderation.STEPS,
    **lapses.STEPS,
    **invitations.STEPS,
    **server_invitations.STEPS,
    **administration.STEPS,
    **certificates.STEPS,
    **tokens.STEPS,
    **messages.STEPS,
    **redaction.STEPS,
    **editing.STEPS,
    **metadata.STEPS,
    events.LimitsSet: Step(_may_set_limits, _set_limits),
    events.TimesAscend: Step(_may_ascend, _ascend),
}
"""The rule and the effect of every kind of event."""


class _Stored(msgspec.Struct, array_like=True):
    """A snapshot as it is encoded."""

    form: int
    position: int
    users: list[User]
    channels: list[Channel]
    conversations: list[Conversation]
    limits: Limits = Limits()
    gone: list[Gone] = []
    time: int = 0
    bans: list[Ban] = []
    acts: list[Act] = []
    redacted: list[str] = []
    server_invitations: ServerInvitations = msgspec.field(default_factory=ServerInvitations)
    acts_made: int = 0


# Snapshots of form 1 do not have the removed accounts. Snapshots of form 2 do not have the times of joining and the
# roles of former members, and snapshots of form 3 do not have all acts and by whom somebody was invited. Snapshots of
# form 4 do not say where an act was done, and lack acts. The log has them, so the whole log is replayed instead.
_FORM = 6
_OLD_FORMS = (1, 2, 3, 4, 5)


class _Form(msgspec.Struct, array_like=True):
    """The beginning of a snapshot of any form."""

    form: int


_decode_form = msgspec.msgpack.Decoder(_Form).decode
_decode_stored = msgspec.msgpack.Decoder(_Stored).decode


class State(Tables):
    """The tables, and :meth:`apply`, the one way to change them."""

    def refusal(self, event: events.AnyEvent) -> Refusal | None:
        """Judge an event against the present state: return why it would be refused, ``None`` if it may happen."""
        return STEPS[type(event)].rule(self, event)

    def apply(self, position: int, event: events.AnyEvent) -> Outcome:
        """Apply a committed event to the state, or refuse it if it is not possible any more.

        ``position`` is the event's position in the log, greater than that of every event applied before. Raises
        nothing.
        """
        assert position > self.position, "events are applied in log order, once"
        self.position = position
        rule, effect = STEPS[type(event)]
        refusal = rule(self, event)
        if refusal is not None:
            return Refused(event, refusal)
        latest = self.time
        if event.time < latest:
            event = msgspec.structs.replace(event, time=latest)
        outcome = effect(self, event)
        if latest:
            time = outcome.event.time
            if time > latest:
                self.time = time
        return outcome

    def snapshot(self) -> bytes:
        """Return the state as bytes for :meth:`restore`."""
        return msgspec.msgpack.encode(
            _Stored(
                _FORM,
                self.position,
                list(self.users.values()),
                list(self.channels.values()),
                list(self.conversations.values()),
                self.limits,
                list(self.gone.values()),
                self.time,
                list(self.bans.values()),
                self.acts,
                list(self.redacted),
                self.server_invitations,
                self.record.made,
            )
        )

    @classmethod
    def restore(cls, data: bytes) -> State:
        """Return the state that :meth:`snapshot` encoded.

        Returns an empty state (position 0) for a snapshot of an old form: the whole log must be applied then. Raises
        DataError when the snapshot cannot be read.
        """
        try:
            if _decode_form(data).form in _OLD_FORMS:
                return cls()
            stored = _decode_stored(data)
        except msgspec.MsgspecError as error:
            raise DataError(f"The snapshot in the log cannot be read ({error}).") from error
        if stored.form != _FORM:
            raise DataError(f"The snapshot in the log has form {stored.form}; this version reads form {_FORM}.")
        state = cls()
        state.position = stored.position
        for user in stored.users:
            user.share_empty()
            state.add_user(user)
            for target in user.silenced:
                state.silence(user, target, True)
            state.set_certificates(user, user.certificates)
            state.set_tokens(user, user.tokens)
        for channel in stored.channels:
            state.add_channel(channel)
        state.conversations = {conversation.stream: conversation for conversation in stored.conversations}
        state.limits = stored.limits
        state.time = stored.time
        state.bans = {ban.uid or ban.target: ban for ban in stored.bans}
        state.record.restore(stored.acts, stored.acts_made)
        state.redacted = dict.fromkeys(stored.redacted)
        state.server_invitations = stored.server_invitations
        for gone in stored.gone:
            state.add_gone(gone)
        return state

    def digest(self) -> str:
        """Return the SHA-256 of the encoded state, in hexadecimal: equal digests mean equal states."""
        return hashlib.sha256(self.snapshot()).hexdigest()
