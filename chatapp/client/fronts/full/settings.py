"""Pure: what a person chooses in ``config.toml`` or with /set, and how ``chat connect --show-config`` documents it."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, NamedTuple

from chatapp.client.fronts.full.themes import THEMES
from chatapp.errors import ConfigError

FILE = "config.toml"
BYTES_MAX = 100_000
LISTED_MAX = 1_000  # conversations in one setting
CHOICES = {"theme": tuple(THEMES), "keys": ("emacs", "vi")}
_ON = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
QUIET_HOURS = "22:00-07:00"  # an example
LISTED_BY = {"pinned": "/pin", "quiet": "/quiet", "ignored": "/ignore"}  # settings that are lists: what changes them
_HOURS = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class Settings(NamedTuple):
    """The settings; HELP says what each one does."""

    typing: bool = True
    notices: bool = True
    bell: bool = True
    quiet_hours: str = ""
    conversations: bool = True
    people: bool = True
    theme: str = "dark"
    keys: str = "emacs"
    links: bool = True
    mouse: bool = False
    pinned: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    line: bool = False

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
    "quiet_hours": f'hours without notices, as "{QUIET_HOURS}"',
    "conversations": "show the column of conversations, from 70 columns on (F2)",
    "people": "show the column of who is here, from 100 columns on (F3)",
    "theme": f"the colours: {', '.join(CHOICES['theme'])}",
    "keys": "the keys for the text that you write: emacs, or vi",
    "links": "let the terminal open links (OSC 8)",
    "mouse": "scroll with the mouse wheel; Shift selects text",
    "pinned": "conversations at the top of the list, each with its server (/pin)",
    "quiet": "conversations without notices, each with its server (/quiet)",
    "ignored": "people whose messages are dropped where the server cannot do it, each with its server (/ignore)",
    "line": "from the next start on: lines in the place of the full screen, as with --line",
}
SINGLE = tuple(name for name, value in Settings._field_defaults.items() if not isinstance(value, tuple))  # for /set


def parse(text: str, where: str) -> Settings:
    """Read the settings in the text of a file; ``where`` is its name. Raises ConfigError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} cannot be read: {error}. chat connect --show-config shows its form.") from None
    for name, value in found.items():
        if name not in Settings._fields:
            raise ConfigError(f"{where}: there is no setting {name}. chat connect --show-config shows all.")
        found[name] = tuple(value) if isinstance(value, list) else value
        problem = _problem(name, found[name])
        if problem:
            raise ConfigError(f"{where}: {problem}")
    return Settings(**found)


def _problem(name: str, value: object) -> str:
    """Return what is wrong with a value; empty: nothing is."""
    default = Settings._field_defaults[name]
    if name in CHOICES and value not in CHOICES[name]:
        return f"{name} has to be one of {', '.join(CHOICES[name])}."
    if name == "quiet_hours" and value and (not isinstance(value, str) or _HOURS.fullmatch(value) is None):
        return f'quiet_hours has to be as in: quiet_hours = "{QUIET_HOURS}"'
    if isinstance(value, tuple) and isinstance(default, tuple):
        texts = len(value) <= LISTED_MAX and all(isinstance(each, str) for each in value)
        return "" if texts else f'{name} has to be as in: {name} = ["#garden chat.example.org:5000"]'
    return "" if type(value) is type(default) else f"{name} has to be as in: {name} = {_written(default)}"


def known(name: str) -> str:
    """Return the name of a setting for /set. Raises ConfigError if /set cannot show or change it."""
    if name in LISTED_BY:
        raise ConfigError(f"/set cannot change {name}: {LISTED_BY[name]} does it.")
    if name not in SINGLE:
        raise ConfigError(f"There is no setting {name}. The settings are {', '.join(SINGLE)}.")
    return name


def chosen(settings: Settings, name: str, text: str) -> Settings:
    """Return the settings with another value for one, as typed after /set. Raises ConfigError."""
    is_switch = isinstance(Settings._field_defaults[known(name)], bool)
    typed = text.lower().strip('"')
    example = "on" if is_switch else QUIET_HOURS
    value: object = _ON.get(typed) if is_switch else "" if typed == "off" else typed
    if _problem(name, value):
        *others, last = [f"/set {name} {each}" for each in CHOICES.get(name, (example, "off"))]
        raise ConfigError(f"Type {', '.join(others)} or {last}.")
    changed: dict[str, Any] = {name: value}
    return settings._replace(**changed)


def help_on(name: str) -> str:
    """Return what a setting does, with values as they are typed after /set."""
    return HELP[name].replace('"', "")


def said(settings: Settings, name: str) -> str:
    """Return the value of a setting as a person types it after /set."""
    value = getattr(settings, name)
    return ("on" if value else "off") if isinstance(value, bool) else value or "off"


def shown(settings: Settings, where: str) -> str:
    """Return the text of a file with these settings, each with what it does."""
    rows = [f"# {where}", ""]
    for name, value in settings._asdict().items():
        rows += [f"# {HELP[name]}", f"{name} = {_written(value)}", ""]
    return "\n".join(rows).rstrip("\n")


def rewritten(text: str, settings: Settings, name: str, where: str) -> str:
    """Return the text of a file with the value of one setting changed; its other lines stay as they are.

    Raises ConfigError if the text cannot be read.
    """
    kept = parse(text, where)
    value = getattr(settings, name)
    line = f"{name} = {_written(value)}"
    changed, count = re.subn(rf"(?m)^[ \t]*{name}[ \t]*=.*$", lambda _: line, text, count=1)
    if not count:
        before = text if not text or text.endswith("\n") else text + "\n"
        changed = f"{before}\n# {HELP[name]}\n{line}\n".lstrip("\n")
    wanted: dict[str, Any] = {name: value}
    try:
        if parse(changed, where) == kept._replace(**wanted):
            return changed
    except ConfigError:
        pass  # the value has several lines
    return shown(kept._replace(**wanted), where) + "\n"


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
