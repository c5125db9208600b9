"""Pure: the actions that each front provides for the commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chatapp.client.core.recent import Which
from chatapp.client.core.requests import Request


class Actions(Protocol):
    """The actions that a front provides for commands.

    Names and texts are as typed and not checked; an empty argument means that it was left out.
    """

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel; ask for a missing argument if there is a person to ask."""

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby; ask for a missing text if there is a person to ask."""

    def list_people(self, channel: str) -> None:
        """Show who is here and who is away."""

    def show_history(self, conversation: str, messages: int) -> None:
        """Show the latest messages of a conversation."""

    def search(self, text: str) -> None:
        """Show the latest messages that match a text."""

    def show_older(self) -> None:
        """Show the messages before those that were shown last."""

    def act(self, text: str) -> None:
        """Send a text that says what the person does, to the present conversation."""

    def reply(self, which: Which, text: str) -> None:
        """Send a text that answers one of the last messages of the present conversation."""

    def ask_about(self, which: Which, request: Callable[[str, str], Request]) -> None:
        """Send the request that ``request`` makes for the present conversation and the msgid of a last message there.

        Raises commands.UsageError if no such message is known.
        """

    def delete(self, which: Which, reason: str) -> None:
        """Delete one of the last messages of the present conversation; ``reason`` may be empty."""

    def ask(self, request: Request) -> None:
        """Send a request that is not about a channel."""

    def ask_in(self, channel: str, *requests: Callable[[str], Request]) -> None:
        """Send the requests that ``requests`` make for a channel (empty: the channel of the present conversation)."""

    def join(self, channel: str, key: str) -> None:
        """Become a member of a channel; ``key`` is its key, or empty."""

    def leave(self, channel: str, reason: str = "") -> None:
        """Stop being a member of a channel, by default of that of the present conversation; ``reason`` may be empty."""

    def menu(self) -> None:
        """Go back to the menu."""

    def change_password(self) -> None:
        """Ask for the old and the new password of the account, and change it."""

    def stay_signed_in(self) -> None:
        """Make a token for this device, and keep it, so that the next ``chat connect`` asks for no password."""

    def sign_out_device(self) -> None:
        """Revoke the token of this device, and forget it."""

    def help(self, about: str) -> None:
        """Show the table of commands; with ``about``, what that command does (``help_on``)."""

    def exit(self) -> None:
        """End the client."""
