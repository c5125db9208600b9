"""Pure: the events of a sign-in that cannot go on, in words for a person."""

from __future__ import annotations

from chatapp.client.core.events import AccountGone, Unusable
from chatapp.client.core.replies import code_of, text_of
from chatapp.protocol.message import Message

# Why nobody makes an account, by the answer to ACCOUNT: what follows "Nobody is called alice here".
NO_SIGN_UP: dict[str, str] = {
    "closed": (
        ", and nobody can sign up on this server by themselves. Check the name, or ask who runs the server for an"
        " account."
    ),
    "invitation": (
        ", and to sign up on this server you need an invitation. Check the name, or ask somebody who is here for a"
        " link, then type: chat connect 'LINK'"
    ),
}


def account_gone(name: str) -> AccountGone:
    """Return the event that says that our account was removed."""
    return AccountGone(
        f"The account {name} was removed from this server, so you are no longer signed in."
        " Ask whoever runs the server if you did not expect that."
    )


def banned(why: str) -> AccountGone:
    """Return the event that says that the server has banned us; ``why`` is its text."""
    sentence = why if why.endswith((".", "!", "?")) else f"{why}."
    return AccountGone(f"{sentence} Ask whoever runs the server if you did not expect that.")


def nobody(name: str, lookup: str, uninvited: str) -> Unusable:
    """Return the event that says that there is no account of our name, and why it cannot be made.

    ``lookup``: the answer to ACCOUNT. ``uninvited``: why the server refused our invitation; empty if we have none.
    """
    why = f". {uninvited}" if uninvited else NO_SIGN_UP[lookup]
    return Unusable(f"Nobody is called {name} here{why}", no_account=True)


def refused_name(message: Message) -> Unusable:
    """Return the event of a name for which the server refuses an account; ``message`` is its FAIL."""
    return Unusable(text_of(message), no_account=True, bad_name=code_of(message) == "BAD_ACCOUNT_NAME")
