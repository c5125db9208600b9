"""Pure: whether an account can be signed in without a person, and if not, what to do instead."""

from __future__ import annotations

from chatapp.client.core.events import SignInNeeded
from chatapp.errors import SignInError


def check_sign_in(name: str, event: SignInNeeded, *, has_password: bool, new: bool) -> None:
    """Check that the sign-in needs no person. Raises SignInError, which says what to do instead."""
    if event.refused:
        raise SignInError(f"Not signed in as {name}: {event.refused}")
    if not has_password:
        raise SignInError("There is no terminal to ask for the password: give --password-file (CHAT_PASSWORD_FILE).")
    if event.lookup == "unknown" and not new:
        raise SignInError(f"There is no account {name} on this server. To make it, give --new as well.")
    if event.lookup == "known" and new:
        raise SignInError(f"Not made: {name} has an account already. Leave out --new to sign in.")
