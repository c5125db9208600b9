"""Writes the manual pages of ``chat``, one for each command, from the texts of the commands themselves.

Run ``python -P -m chatapp.cli.man_pages FOLDER``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from chatapp import __version__
from chatapp.cli import SUBCOMMANDS, chat

_EXIT_CODES = "Exit codes: "
_SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti"}
_EACH_CODE = re.compile(r"([0-9]+) (.*?)(?:[,;] (?=[0-9])|\.$)")
_SPACES = re.compile(r"\s+")
_CODE = re.compile(r"`([^`]+)`")


def pages() -> dict[str, str]:
    """Return the name of each page (``chat-send.1``), and its text in the language of roff."""
    top = click.Context(chat, info_name="chat", **chat.context_settings)
    found = {"chat.1": _page(top, "A private chat that you own.", SUBCOMMANDS)}
    for name, summary in SUBCOMMANDS.items():
        command = chat.get_command(top, name)
        assert command is not None
        found[f"chat-{name}.1"] = _page(click.Context(command, top, name, **command.context_settings), summary, {})
    return found


def _page(context: click.Context, summary: str, commands: dict[str, str]) -> str:
    path = context.command_path
    paragraphs = [
        _SPACES.sub(" ", each).strip() for each in (context.command.help or "").replace("\b\n", "").split("\n\n")
    ]
    return "\n".join(
        [
            f'.TH "{path.replace(" ", "-").upper()}" "1" "" "chat {__version__}" "chat"',
            ".SH NAME",
            rf"{_plain(path.replace(' ', '-'))} \- {_text(summary.rstrip('.'))}",
            ".SH SYNOPSIS",
            rf"\fB{_plain(path)}\fR {_plain(' '.join(context.command.collect_usage_pieces(context)))}",
            *_description(paragraphs),
            *_options(context),
            *_commands(commands),
            *_exit_codes(paragraphs),
            ".SH SEE ALSO",
            *([r"\fBchat\fR(1)"] if not commands else [rf"\fBchat\-{_plain(name)}\fR(1)" for name in commands]),
            "",
        ]
    )


def _description(paragraphs: list[str]) -> Iterator[str]:
    """Write the paragraphs of a command's help, but for that about exit codes."""
    shown = [paragraph for paragraph in paragraphs if not paragraph.startswith(_EXIT_CODES)]
    yield ".SH DESCRIPTION"
    for paragraph in shown[:1]:
        yield _text(paragraph)
    for paragraph in shown[1:]:
        yield from (".PP", _text(paragraph))


def _exit_codes(paragraphs: list[str]) -> Iterator[str]:
    """Write each exit code with what it means."""
    for paragraph in paragraphs:
        if paragraph.startswith(_EXIT_CODES):
            yield ".SH EXIT STATUS"
            for code, meaning in _EACH_CODE.findall(paragraph.removeprefix(_EXIT_CODES)):
                yield from (".TP", rf"\fB{code}\fR", _text(meaning))


def _options(context: click.Context) -> Iterator[str]:
    """Write each option, with its help, its default and its variable."""
    options = [param for param in context.command.get_params(context) if isinstance(param, click.Option)]
    shown = [record for record in (option.get_help_record(context) for option in options) if record is not None]
    if shown:
        yield ".SH OPTIONS"
    for names, help in shown:
        yield from (".TP", rf"\fB{_plain(names)}\fR", _text(_SPACES.sub(" ", help)))


def _commands(commands: dict[str, str]) -> Iterator[str]:
    if commands:
        yield ".SH COMMANDS"
    for name, summary in commands.items():
        yield from (".TP", rf"\fBchat\-{_plain(name)}\fR(1)", _text(summary))


def _text(text: str) -> str:
    """Return a text as a line of roff; what is in backquotes is bold."""
    line = _CODE.sub(r"\\fB\1\\fR", _plain(text))
    return rf"\&{line}" if line.startswith((".", "'")) else line


def _plain(text: str) -> str:
    r"""Return a text in which no character has a meaning for roff. A minus must stay one, so that it can be copied."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def main(folder: str) -> None:
    """Write the pages into a folder, which is made if it is not there."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (place / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder for the pages: python -P -m chatapp.cli.man_pages FOLDER")
    main(sys.argv[1])
