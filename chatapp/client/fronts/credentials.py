"""Pure: the commands about what signs in to our account beside the password: certificates and device tokens."""

from __future__ import annotations

from chatapp.client.core import device_tokens, requests
from chatapp.client.core.reading import is_name
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.arguments import UsageError


def certificate(front: Actions, rest: str) -> None:
    """Run ``/cert``. Raises UsageError."""
    words = [word for word in rest.split(" ") if word]
    action = words[0].upper() if words else ""
    if action not in ("ADD", "LIST", "DEL") or len(words) != (2 if action == "DEL" else 1) or not is_name(words[-1]):
        raise UsageError("Type /cert add, /cert list or /cert del FINGERPRINT")
    front.ask(requests.certificate(action, *words[1:]))


def tokens(front: Actions, rest: str) -> None:
    """Run ``/tokens``. Raises UsageError."""
    action, _, name = rest.partition(" ")
    action, name = action.lower(), name.strip()
    send = ""
    if action == "add" and name.startswith("send="):
        send, _, name = name.removeprefix("send=").partition(" ")
    if not action:
        front.ask(device_tokens.listing())
    elif action == "stay" and not name:
        front.stay_signed_in()
    elif action == "forget" and not name:
        front.sign_out_device()
    elif action == "add" and name:
        front.ask(device_tokens.make(name.strip(), send))
    elif action == "del" and is_name(name):
        front.ask(device_tokens.revoke(name))
    else:
        raise UsageError(
            "Type /tokens, /tokens stay, /tokens forget, /tokens add NAME, /tokens add send=#CHANNEL NAME (for a"
            " program that only sends there) or /tokens del ID"
        )
