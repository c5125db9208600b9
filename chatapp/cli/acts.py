"""Pure: the acts of ``chat log`` in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatapp.protocol import masks, modes

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

# The verbs of acts other than changes of modes. A reason follows most of them.
_VERBS = {
    "kick": "removed {target} from {channel}",
    "kick founder": "removed {target}, a founder, from {channel}",
    "kill": "ended the connections of {target}",
    "ban": "banned {target} from the server{span}",
    "unban": "ended the ban of {target}",
    "redact": "deleted a message of {target} in {channel}",
    "metadata": "removed from the metadata of {target}",
    "remove-certificate": "removed a certificate of {target}",
    "add-token": "made a token for {target}",
    "remove-token": "revoked a token of {target}",
    "adduser": "made the account {target}",
    "passwd": "gave {target} another password",
    "sign-up": "set sign-up to {target}",
    "invitation-made": "made invitation {target}, good{span} (uses: {detail})",
    "invitation-used": "let {target} in with invitation {detail}",
    "invitation-revoked": "took back invitation {detail}{of_whom}",
    "deluser": "removed the account {target}",
    "heir": "made {target} founder of {channel}, because no founder was left",
    "no-heir": "left {channel} without a founder, because no member has a role",
}
_ROLES = {"q": "founder", "a": "a protected member", "o": "an operator", "h": "a half-operator"}
_MODES = {
    "+v": "gave {target} a voice in {channel}",
    "-v": "took the voice of {target} in {channel}",
    "+e": "exempted {target} from the bans of {channel}{span}",
    "-e": "ended the exemption of {target} from the bans of {channel}",
    "+I": "let {target} join {channel} without an invitation{span}",
    "-I": "no longer let {target} join {channel} without an invitation",
    "+k": "set a key for {channel}",
    "-k": "removed the key of {channel}",
    "+l": "limited {channel} to {target} members",
    "-l": "removed the limit of {channel}",
    "+f": "sent who cannot join {channel} to {target}",
    "-f": "no longer sent who cannot join {channel} to another channel",
    "+C": "forbade CTCP in {channel}",
    "-C": "allowed CTCP in {channel}",
    "+M": "let only accounts write to {channel}",
    "-M": "let guests write to {channel} too",
    "+R": "let only accounts join {channel}",
    "-R": "let guests join {channel} too",
    "+W": "closed the past of {channel} to newcomers",
    "-W": "opened the past of {channel} to newcomers",
    "+i": "made {channel} invite-only",
    "-i": "let people join {channel} without an invitation",
    "+m": "let only members with a role write to {channel}",
    "-m": "let all members write to {channel}",
    "+n": "let only members write to {channel}",
    "-n": "let people write to {channel} without joining it",
    "+s": "made {channel} secret",
    "-s": "made {channel} visible to everybody",
    "+t": "let only members from half-operator on set the topic of {channel}",
    "-t": "let all members set the topic of {channel}",
}


def words(act: Mapping[str, Any]) -> str:
    """Return who did what to whom, where, for how long and why, without the time."""
    verb, detail = act["verb"], act["detail"]
    names = {"target": act["target"], "channel": act["channel"], "detail": detail, "span": ""}
    names["of_whom"] = f" of {act['target']}" if act["target"] else ""
    if act.get("until"):
        names["span"] = _span((act["until"] - act["time"]) // 1000)
    if verb == "topic":
        form = "set the topic of {channel}" if detail else "removed the topic of {channel}"
    elif verb == "rename":
        form = "renamed {target} to {channel}"
    elif verb == "role":
        form = "made {target} an administrator" if detail != "none" else "took the role of administrator from {target}"
        detail = ""
    elif verb.startswith("mode "):
        form = _mode(verb.removeprefix("mode "), names)
    else:
        form = _VERBS.get(verb, "")
        detail = "" if "{detail}" in form else detail
    told = form.format(**names) if form else f"{verb} {act['target']}" + (act["channel"] and f" in {act['channel']}")
    return f"{act['nick']} {told}" + (f": {detail}" if detail else "")


def _mode(change: str, names: dict[str, str]) -> str:
    """Return the form of the words for a change of a mode, and put a name in words in place of a mask."""
    sign, letter = change[:1], change[1:]
    if letter in modes.LISTS:
        mask = masks.parse(names["target"])
        names["target"] = _whose(names["target"])
        names["span"] = _span(mask.minutes * 60)
        if letter == "b" and mask.mute:
            return "muted {target} in {channel}{span}" if sign == "+" else "ended the mute of {target} in {channel}"
        if letter == "b":
            return "banned {target} from {channel}{span}" if sign == "+" else "ended the ban of {target} from {channel}"
    if letter in _ROLES:
        role = _ROLES[letter]
        if sign == "+":
            return f"made {{target}} {role} of {{channel}}"
        return f"took the role of {role.split(' ', 1)[-1]} of {{channel}} from {{target}}"
    return _MODES.get(change, "")


def _whose(mask: str) -> str:
    """Return whom a mask in its stored form is about: a name, an account, or the mask itself."""
    bare = masks.bare(mask)
    if bare.startswith("~a:"):
        return f"the account {bare[3:]}"
    return bare.removesuffix("!*@*")


def _span(seconds: int) -> str:
    """Return a time such as " for 5 minutes", in the largest unit of which it has a whole number; empty for 0."""
    if seconds <= 0:
        return ""
    unit, size = next(each for each in _UNITS if seconds % each[1] == 0)
    count = seconds // size
    return f" for {'an' if unit == 'hour' else 'a'} {unit}" if count == 1 else f" for {count} {unit}s"
