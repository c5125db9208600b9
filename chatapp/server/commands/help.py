"""HELP: how to use the commands.

Spec: modern-irc, "HELP message".
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.commands.subjects import SUBJECTS
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session

_LINE_BYTES_MAX = 300  # of the names of commands in one line


def help(session: Session, subject: str) -> None:
    """Show the list of commands, or the help on one command or another subject.

    Spec: modern-irc, ERR_HELPNOTFOUND: "The <subject> MUST be the one requested by the client, but may be casefolded;
    unless it would be an invalid parameter, in which case it MUST be *."
    """
    if not subject:
        verbs = greeting.packed(TOPICS, _LINE_BYTES_MAX)
        end = "HELP <command> tells more about one of them; see also HELP ROLES, HELP BAN and HELP MUTE."
        _show(session, "*", "The commands of this server", verbs, end)
        return
    name = subject.upper()
    topic = TOPICS.get(name) or SUBJECTS.get(name)
    if topic is None:
        raise refusals.NO_HELP.of(subject)
    lines = (topic.syntax, topic.summary, *topic.more)
    _show(session, subject, f"The command {name}" if name in TOPICS else name, lines, num.RPL_ENDOFHELP.text)


def _show(session: Session, subject: str, title: str, lines: Iterable[str], end: str) -> None:
    """Send the numerics of one topic.

    Spec: modern-irc, "HELP message": "The RPL_HELPSTART message SHOULD be some sort of title and the first RPL_HELPTXT
    message SHOULD be empty."
    """
    session.reply_data(num.RPL_HELPSTART, subject, last=title)
    for line in ("", *lines):
        session.reply_data(num.RPL_HELPTXT, subject, last=line)
    session.reply(num.RPL_ENDOFHELP, subject, text=end)
