"""Pure: staying signed in on this device: the offer, the device token that is kept, and /tokens stay and forget.

The offer is made once for each account of a server, after the first sign-in with a typed password. It is no question
that has to be answered: at the menu, y or n answers it, and every command works as always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chatapp.client.core import device_tokens
from chatapp.client.core.answers import TokenMade
from chatapp.client.core.events import NotDone
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands
from chatapp.client.fronts.person import rows
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.sentences import sentences

OFFER = "Stay signed in on this device, without the password? Type y or n (/tokens stay does it later)."
_SIGNED_OUT = (
    "This device is not signed in any more: its token was revoked, or your password is a new one. Sign in, then"
    " /tokens stay keeps you signed in again."
)
_NOT_KEPT = "This device does not stay signed in."


class Device(Protocol):
    """What this device keeps for the account (``cli/device.py`` implements it)."""

    name: str
    asked: bool  # whether the person was asked before to stay signed in
    id: str  # of the token that is kept; empty for none
    token: str

    def keep(self, token_id: str, token: str, done: Callable[[str, str], None]) -> None:
        """Keep a token. Later, ``done`` gets where it is kept, or why it could not be kept."""

    def forget(self) -> None:
        """Keep no token any more, and remember that the person was asked."""


class Staying:
    """Keeps this device signed in, or not; ``show`` takes rows. Without a ``device``, nothing is kept."""

    def __init__(self, session: Session, show: Callable[[Row], None], device: Device | None = None) -> None:
        self.offered = False  # the offer is open
        self.waits = False  # the token of this device is being made or kept
        self._session = session
        self._show = show
        self._device = device
        self._tried = False  # the token was sent, and neither taken nor refused yet
        self._signs_in = False  # the next connection signs in with the token
        self._has_it = False  # the token is that of this connection: it signed in with it, or made it

    # The sign-in

    @property
    def has_token(self) -> bool:
        """Tell whether a token is kept, as far as it is known."""
        return self._device is not None and bool(self._device.token)

    def begin(self) -> bool:
        """Sign in with the token, if one is kept and was not tried yet. Return whether it is sent."""
        device = self._device
        if device is None or not device.token or self._tried:
            return False
        self._tried = self._signs_in = True
        self._session.sign_in(device.token)
        return True

    def refused(self, why: str) -> str:
        """Note that the server wants a password although a token is kept: forget the token.

        ``why`` is why the server refused the last password. Returns the text to show in its place.
        """
        device, tried = self._device, self._tried
        self._signs_in = self._tried = False
        if device is None or not device.token:
            return why
        device.forget()
        return _SIGNED_OUT if tried else why

    def signed_in(self) -> None:
        """Note that the session is signed in."""
        self._tried, self._has_it = False, self._signs_in

    def offer(self, *, typed: bool) -> None:
        """After the first sign-in, offer to stay signed in, once, if a person has ``typed`` the password."""
        device = self._device
        if typed and device is not None and not device.asked and self._session.account.has_tokens:
            self.offered = device.asked = True
            device.forget()  # remembers that the person was asked, whatever the answer is
            self._show(rows.note(OFFER))

    # The person

    def answer(self, yes: bool) -> None:
        """Take the answer to the offer."""
        self.offered = False
        if yes:
            self.stay()
        else:
            self._show(rows.note(f"{_NOT_KEPT} You are not asked again. To do it later, type /tokens stay"))

    def pass_over(self) -> None:
        """Note that the person has written something else: the offer is closed, and y or n is a text from now on."""
        if self.offered:
            self.offered = False
            self._show(rows.note(f"{_NOT_KEPT} To do it later, type /tokens stay"))

    def stay(self) -> None:
        """Make a token for this device, and keep it."""
        device = self._device
        if device is None:
            raise commands.UsageError("Nothing can be kept on this device.")
        if device.token:
            raise commands.UsageError("You stay signed in on this device already. To end that: /tokens forget")
        if not self._session.account.has_tokens:
            raise commands.UsageError("This server has no tokens, so there is nothing to keep on this device.")
        self._make(device)

    def _make(self, device: Device) -> None:
        if self._session.signed_in:
            self._session.ask(device_tokens.make(device.name, keep=True))
            self.waits = True
        else:
            self._show(rows.bad(f"{_NOT_KEPT} There is no connection just now."))

    def not_done(self, event: NotDone) -> None:
        """Note that the server has refused a request, perhaps for the token of this device."""
        if event.what == device_tokens.TOKEN:
            self.failed()

    def failed(self) -> None:
        """Note that no token is made: the server's answer will not come."""
        self.waits = False

    def forget(self) -> None:
        """Sign out of this device: revoke its token, and forget it. This connection stays."""
        device = self._device
        if device is None or not device.token:
            raise commands.UsageError(f"{_NOT_KEPT} To see all your tokens, type /tokens")
        if not self._session.signed_in:
            raise commands.UsageError("There is no connection just now. Try again when there is.")
        token_id, self._signs_in = device.id, False
        device.forget()
        self._session.ask(device_tokens.revoke(token_id))
        self._show(rows.good("This device is signed out: chat connect asks for your password the next time."))

    # The server

    def made(self, event: TokenMade) -> None:
        """Keep the token that was made for this device, or show the token that the person has asked for."""
        device = self._device
        if not event.keep or device is None:
            for sentence in sentences(event):
                self._show(rows.note(sentence))
            return

        self._has_it = True

        def done(where: str, problem: str) -> None:
            self.waits = False
            if problem:
                self._show(rows.bad(f"{_NOT_KEPT} {problem}"))
                if self._session.signed_in:
                    self._session.ask(device_tokens.revoke(event.id))
            else:
                self._use()
                self._show(rows.good("You stay signed in on this device. To end that, type /tokens forget"))
                self._show(rows.note(f"(The token is in {where}; a new password ends it.)"))

        device.keep(event.id, event.token, done)

    def _use(self) -> None:
        """Sign in with the token from the next connection on."""
        assert self._device is not None
        self._signs_in = True
        self._session.account.use(self._device.token)

    def password_changed(self) -> None:
        """Note that the account has a new password: it has ended the token, unless it is that of this connection.

        Then make another token for this device.
        """
        device = self._device
        if device is None or not device.token:
            return
        if self._has_it:
            self._use()
            return
        self._signs_in = False
        device.forget()
        self._make(device)
