"""Pure: what the terminal does outside the screen: notices to the desktop, and the clipboard.

Spec: OSC 9 (iTerm2, ConEmu and others), OSC 777 (rxvt, foot), OSC 99 (kitty), OSC 52 (xterm).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from chatapp.client.fronts.full.settings import Settings
from chatapp.client.fronts.printable import printable

COPIED_BYTES_MAX = 74_000  # what xterm and tmux take at most
NOTICE_CHARACTERS_MAX = 200
DEFAULT = Settings()
_BELL = "\a"


def notice(title: str, text: str, environment: Mapping[str, str], settings: Settings = DEFAULT) -> str:
    """Return the commands that tell the desktop of a message, and ring the bell, as far as the settings want it."""
    bell = _BELL if settings.bell else ""
    return (_notice(title, text, environment) if settings.notices else "") + bell


def _notice(title: str, text: str, environment: Mapping[str, str]) -> str:
    title, text = _short(title), _short(text)
    terminal, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "kitty" in terminal or environment.get("KITTY_WINDOW_ID"):
        command = f"\x1b]99;;{title}: {text}\x1b\\"
    elif terminal.startswith(("rxvt", "foot")) or "VTE_VERSION" in environment:
        command = f"\x1b]777;notify;{title};{text}\x1b\\"
    elif program in ("iTerm.app", "WezTerm", "ghostty") or environment.get("TMUX"):
        command = f"\x1b]9;{title}: {text}\x1b\\"
    else:
        return ""
    return _through(command, environment)


def copy(text: str, environment: Mapping[str, str]) -> str:
    """Return the command that puts a text into the clipboard; empty if the text is too long.

    tmux hands it on itself (``set-clipboard on``), or lets it through (``allow-passthrough on``): it gets both forms.
    """
    encoded = base64.b64encode(text.encode(errors="replace")).decode()
    command = f"\x1b]52;c;{encoded}{_BELL}"
    if len(encoded) > COPIED_BYTES_MAX:
        return ""
    return command + (_through(command, environment) if environment.get("TMUX") else "")


def opens_links(environment: Mapping[str, str], settings: Settings = DEFAULT) -> bool:
    """Tell whether the terminal is given the addresses of links (OSC 8). The Linux console would show them as text."""
    return settings.links and not environment.get("TERM", "").startswith(("linux", "vt", "cons25", "sun"))


def _short(text: str) -> str:
    words = " ".join(printable(text.replace("\n", " ")).replace(";", ",").split(" "))
    return words if len(words) <= NOTICE_CHARACTERS_MAX else words[: NOTICE_CHARACTERS_MAX - 1] + "…"


def _through(command: str, environment: Mapping[str, str]) -> str:
    """Return a command that tmux hands on to the terminal around it. Spec: tmux(1), allow-passthrough."""
    if not environment.get("TMUX"):
        return command
    return "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\"
