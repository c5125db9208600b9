"""Options that several subcommands share."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
from pathlib import Path
from typing import Any

import click

from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN, Config
from chatapp.errors import ConfigError


class Place(click.Path):
    """The name of a file or a folder; whether it can be read is found out, and told, where it is read."""

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a name; an empty one would mean the folder that one happens to be in."""
        if value == "":
            self.fail("the name is empty. Leave the option out for the default, or give a name.", param, ctx)
        return super().convert(value, param, ctx)


class Folder(Place):
    """The name of a folder, which need not exist."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a name. Raises ConfigError where a file has it."""
        path = super().convert(value, param, ctx)
        if path.is_file():
            raise ConfigError(f"{path} is a file, not a folder. Name a folder; it is made where there is none.")
        return path


class Port(click.IntRange):
    """The number of a port."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a number, or say what it has to be."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value} is not a port: a number from {self.min} to {self.max}.", param, ctx)


class Host(click.types.StringParamType):
    """A name or an address; a v6 address may stand in brackets, as it does beside a port."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the brackets away."""
        host = super().convert(value, param, ctx)
        found = re.fullmatch(r"\[([^][]*:[^][]*)\]", host)
        return found[1] if found is not None else host


def default_of(setting: str) -> Any:
    """Return the default of a setting in Config, where it stands once."""
    return next(field.default for field in dataclasses.fields(Config) if field.name == setting)


def default_data() -> Path:
    """Return the platform's folder for a server's data. Raises ConfigError where it has none for this user."""
    import platformdirs  # not before it is needed: `chat --help` is quick

    try:
        return Path(platformdirs.user_data_dir("chatapp", appauthor=False))
    except RuntimeError:
        raise ConfigError(
            "There is no home folder to keep the data in. Name a folder with --data DIR, or in CHAT_DATA."
        ) from None


def data_given(data: Path, *, elsewhere: bool = False) -> str:
    """Return the option that names this folder, to be put after a command; empty where none is needed.

    It is not where CHAT_DATA names it, unless the command will be typed ``elsewhere``.
    """
    if os.environ.get("CHAT_DATA") == str(data) and not elsewhere:
        return ""
    try:
        usual = default_data()
    except ConfigError:
        usual = None
    return "" if data == usual else f" --data {shlex.quote(str(data))}"


data_option = click.option(
    "--data",
    type=Folder(),
    default=default_data,
    envvar="CHAT_DATA",
    show_envvar=True,
    show_default="the platform's data folder",
    metavar="DIR",
    help="The folder of the server.",
)

bcrypt_cost_option = click.option(
    "--bcrypt-cost",
    type=click.IntRange(BCRYPT_COST_MIN, BCRYPT_COST_MAX),
    default=default_of("bcrypt_cost"),
    envvar="CHAT_BCRYPT_COST",
    show_envvar=True,
    show_default=True,
    help="How costly a password is to guess; one more takes twice as long.",
)

password_stdin_option = click.option(
    "--password-stdin",
    is_flag=True,
    allow_from_autoenv=False,
    help="Read the password from standard input: one line.",
)
