"""Pure: what a person chooses in ``config.toml``, and how ``chat connect --show-config`` documents it."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

from chatapp.errors import ConfigError

FILE = "config.toml"
BYTES_MAX = 100_000
_HOURS = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class Settings(NamedTuple):
    """The settings; HELP says what each one does."""

    typing: bool = True
    notices: bool = True
    bell: bool = True
    quiet_hours: str = ""
    conversations: bool = True
    people: bool = True

    def is_quiet(self, clock: str) -> bool:
        """Tell whether a time of day (``23:05``) is in the quiet hours."""
        if not self.quiet_hours:
            return False
        begin, _, end = self.quiet_hours.partition("-")
        return begin <= clock < end if begin <= end else clock >= begin or clock < end


HELP = {
    "typing": "tell others that you are typing",
    "notices": "tell the desktop of messages for you while the terminal has not the focus",
    "bell": "ring the bell then",
    "quiet_hours": 'hours without notices, as "22:00-07:00"',
    "conversations": "show the column of conversations (F2)",
    "people": "show the column of who is here (F3)",
}


def parse(text: str, where: str) -> Settings:
    """Read the settings in the text of a file; ``where`` is its name. Raises ConfigError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} cannot be read: {error}. chat connect --show-config shows its form.") from None
    for name, value in found.items():
        default = Settings._field_defaults.get(name)
        if default is None:
            raise ConfigError(f"{where}: there is no setting {name}. chat connect --show-config shows all.")
        if type(value) is not type(default):
            raise ConfigError(f"{where}: {name} has to be as in: {name} = {_written(default)}")
        if name == "quiet_hours" and value and _HOURS.fullmatch(value) is None:
            raise ConfigError(f'{where}: quiet_hours has to be as in: quiet_hours = "22:00-07:00"')
    return Settings(**found)


def shown(settings: Settings, where: str) -> str:
    """Return the text of a file with these settings, each with what it does."""
    rows = [f"# {where}", ""]
    for name, value in settings._asdict().items():
        rows += [f"# {HELP[name]}", f"{name} = {_written(value)}", ""]
    return "\n".join(rows).rstrip("\n")


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
