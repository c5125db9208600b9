"""Checks the codes of invitations to the server, and uses an invitation for a sign-up, or gives the use back."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable

from chatapp.auth import Throttle
from chatapp.config import Config
from chatapp.errors import ChatError, LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import ServerInvitation
from chatapp.model.events import node_of
from chatapp.model.outcome import Reason, Refusal
from chatapp.model.server_invitations import find
from chatapp.model.state import State
from chatapp.server.limits.hash_queue import Pause
from chatapp.server.proposals import EventRefusedError, Proposals
from chatapp.server.roster import Roster

log = logging.getLogger(__name__)

_GUESSES = "\0invitation "  # counts wrong codes of an address; no client can send this as the name of an account


def hash_of(code: str) -> str:
    """Return the SHA-256 of a code as typed, in hexadecimal. A code is random enough to need no slow hash."""
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()


class InvitationUses:
    """The invitations of one server, as who signs up meets them."""

    def __init__(
        self,
        config: Config,
        state: State,
        proposals: Proposals,
        roster: Roster,
        throttle: Throttle,
        clock: Callable[[], float],
    ) -> None:
        """``throttle`` is that of sign-ins: wrong codes and wrong passwords of an address delay each other."""
        self._config = config
        self._state = state
        self._proposals = proposals
        self._roster = roster
        self._throttle = throttle
        self._clock = clock
        self._signing_up: set[str] = set()  # uids of the accounts that are being made with an invitation

    async def check(self, code: str, address: str, pause: Pause) -> ServerInvitation:
        """Return the invitation with this code (as typed), if it lets somebody in now.

        ``address`` is the client's IP address; ``pause`` lets the connection wait. A code that was never right is
        counted and delayed like a wrong password. Raises EventRefusedError with the reason.
        """
        guesses = _GUESSES + address  # a count of all addresses together would let anybody delay everybody
        while (wait := self._wait_s(guesses, address)) > 0:
            await pause(wait, "")
        await self.give_back_unused()
        found = self.find(hash_of(code))
        if isinstance(found, ServerInvitation):
            return found
        if found.reason is Reason.NO_SUCH_INVITATION:
            self._throttle.failed(guesses, address, self._clock())
            await pause(self._wait_s(guesses, address), "")
        raise EventRefusedError(found)

    def find(self, hashed: str) -> ServerInvitation | Refusal:
        """Return the invitation whose code has this SHA-256, or why it lets nobody in."""
        return find(self._state, hashed, max(self._proposals.stamps.now(), self._state.time))

    def _wait_s(self, guesses: str, address: str) -> float:
        return self._throttle.wait_s(guesses, address, self._clock()) if self._config.rate_limits else 0.0

    @contextlib.asynccontextmanager
    async def using(self, hashed: str, uid: str, name: str) -> AsyncIterator[None]:
        """Use the invitation whose code has the SHA-256 ``hashed`` for the account ``uid``, which the block makes.

        The use is given back if the block fails, unless the account exists then. Raises EventRefusedError, also if
        somebody else uses the invitation at the same moment, and LogUnavailableError.
        """
        await self.give_back_unused()
        self._signing_up.add(uid)
        ends = False
        try:
            event = self._proposals.event(events.ServerInvitationUsed, None, code=hashed, uid=uid, name=name)
            await self._proposals.settle(event)
            yield
        except GeneratorExit:  # the server ends in the middle: nothing can be awaited, and the next start gives it back
            ends = True
            raise
        finally:
            self._signing_up.discard(uid)
            if not ends:
                await self.give_back_unused()

    async def give_back_unused(self) -> None:
        """Give back the uses for accounts that were not made: the sign-up failed, or the server died in the middle.

        An account that is in the password file will be in the log. The uses of other servers are theirs. What cannot
        be stored now is given back the next time.
        """
        if not self._unused():
            return
        await self._roster.take_in()
        made = {entry.id for entry in self._roster.entries.values()}
        for uid in [uid for uid in self._unused() if uid not in made]:
            try:
                await self._proposals.settle(self._proposals.event(events.ServerInvitationReturned, None, uid=uid))
            except LogUnavailableError as error:
                log.debug("the use of an invitation cannot be given back yet: %s", error)
            except EventRefusedError:  # another sign-up has given it back meanwhile
                continue

    def _unused(self) -> list[str]:
        """Return the uids of the accounts for which this server has used an invitation, and which nobody makes now."""
        own = self._proposals.stamps.node
        uses = self._state.server_invitations.uses
        return [uid for uid, use in uses.items() if uid not in self._signing_up and int(node_of(use.id), 16) == own]

    async def join_channels(self, uid: str, invitation: ServerInvitation) -> None:
        """Let a new account join the channels of its invitation that are open to it (``server_invitations.take_up``).

        If the server dies before that, or a channel is full, the account's invitation to the channel stands.
        """
        for channel_uid in invitation.channels:
            user, channel = self._state.users.get(uid), self._state.channels.get(channel_uid)
            if user is None or channel is None or channel_uid not in user.invited:
                continue
            with contextlib.suppress(ChatError):
                await self._proposals.settle(
                    self._proposals.event(events.Joined, user, channel.uid, channel=channel.name)
                )
