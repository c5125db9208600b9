"""Writes the table of commands for the web page.

``python -m chatapp.client.fronts.commands_json > chatapp/web/commands.json``
"""

from __future__ import annotations

import json
import sys

from chatapp.client.fronts.commands import COMMANDS


def exported() -> str:
    """Return the table as JSON, a command in each line; ``terminal``: only a person at a terminal needs it."""
    rows = [
        {"names": command.names, "arguments": command.arguments, "help": command.help}
        | ({"terminal": True} if command.terminal else {})
        for command in COMMANDS
    ]
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(exported())
