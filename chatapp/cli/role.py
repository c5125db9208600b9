"""``chat role``: give an account a role, on the server or in a channel."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.accounts import account_of, open_password_file, tell_done, tell_if_nobody_administers
from chatapp.cli.options import data_option
from chatapp.server.control.asking import ask

SERVER_ROLES = ("administrator", "none")
CHANNEL_ROLES = ("founder", "protected", "operator", "half-operator", "voice", "none")


@click.command()
@click.argument("name")
@click.argument("role", type=click.Choice(list(dict.fromkeys((*SERVER_ROLES, *CHANNEL_ROLES)))))
@click.argument("channel", default="")
@data_option
def role(name: str, role: str, channel: str, data: Path) -> None:
    """Give NAME the ROLE in CHANNEL, instead of the one that it has; without CHANNEL, on the whole server.

    Who is no member gets the role when it joins. A founder joins whatever keeps others out, also a ban; the other roles
    except a voice open everything but a ban. none also takes the role that a channel keeps for somebody who has left.

    On the whole server ROLE is administrator or none. An administrator has every right in every channel. CHANNEL may be
    without its #, because a shell takes a word that begins with # for a comment.
    """
    known = CHANNEL_ROLES if channel else SERVER_ROLES
    if role not in known:
        where = "a channel" if channel else "the whole server"
        raise click.UsageError(f"A role for {where} is one of {', '.join(known)}.")
    if channel:
        told = ask(data, "role", name=name, role=role, channel=channel)
        when = "now" if told.get("member", True) or role == "none" else "as soon as it joins, whatever keeps others out"
        if when != "now" and role in ("voice", "none"):
            when = "as soon as it joins"
        click.echo(f"{name} {_shown(role)} {told['channel']} {when}.")
        return
    file = open_password_file(data)
    account = account_of(file, name)
    file.set_admin(account.name, role == "administrator")
    is_now = "an administrator" if role == "administrator" else "no administrator"
    tell_done(
        data,
        taken_in=f"{account.name} is {is_now} now.",
        in_file=f"{account.name} is {is_now} from the next start on.",
        pending=f"{account.name} is {is_now} in the password file",
    )
    tell_if_nobody_administers(file)


def _shown(role: str) -> str:
    """Return what somebody with a role is or has; the name of the channel follows."""
    if role == "none":
        return "has no role in"
    if role == "voice":
        return "has a voice in"
    return f"is an {role} of" if role[0] in "aeiou" else f"is a {role} of"
