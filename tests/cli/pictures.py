"""Draws the pictures of the full screen in README.md, from a real session: ``python -m tests.cli.pictures docs``.

Spec: SVG 1.1; each row of the terminal is one ``text`` element, with ``tspan`` elements for its styles.
"""

from __future__ import annotations

import re
import sys
import tempfile
from html import escape
from itertools import groupby
from pathlib import Path

import pyte

from tests.cli.screen import Screen
from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, make_accounts

ROWS, COLUMNS = 24, 112
NARROW_ROWS, NARROW_COLUMNS = 14, 60
CTRL_K, CTRL_P, CTRL_U = "\x0b", "\x10", "\x15"
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 12
PAPER, INK, DIM = "#1e1e2e", "#cdd6f4", "#8087a2"
COLOURS = {
    "red": "#f38ba8", "green": "#a6e3a1", "brown": "#f9e2af", "blue": "#89b4fa", "magenta": "#f5c2e7",
    "cyan": "#94e2d5", "brightgreen": "#a6e3a1", "brightbrown": "#f9e2af", "brightyellow": "#f9e2af",
    "brightblue": "#89b4fa", "brightmagenta": "#cba6f7", "brightcyan": "#89dceb",
}  # fmt: skip


def picture(screen: pyte.Screen) -> str:
    """Return a screen as SVG."""
    width, height = screen.columns * CELL_WIDTH + 2 * MARGIN, screen.lines * CELL_HEIGHT + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
    ]
    for number in range(screen.lines):
        out += _row(screen, number)
    return "\n".join([*out, "</svg>"]) + "\n"


def _row(screen: pyte.Screen, number: int) -> list[str]:
    """Return the elements of a row: a rectangle behind what is reversed, and the text."""
    line = screen.buffer[number]
    cells = [(at, line[at]) for at in range(screen.columns)]
    top = MARGIN + number * CELL_HEIGHT
    out = []
    for (colour, bold, reverse, underline), group in groupby(
        cells, key=lambda cell: (cell[1].fg, cell[1].bold, cell[1].reverse, cell[1].underscore)
    ):
        run = list(group)
        text = "".join(cell.data for _, cell in run)
        left = MARGIN + run[0][0] * CELL_WIDTH
        fill = COLOURS.get(colour, INK)
        if reverse:
            out.append(
                f'<rect x="{left:g}" y="{top}" width="{len(run) * CELL_WIDTH:g}" height="{CELL_HEIGHT}" fill="{fill}"/>'
            )
        if not text.strip():
            continue
        looks = ' font-weight="bold"' * bold + ' text-decoration="underline"' * underline
        length = len(run) * CELL_WIDTH
        out.append(
            f'<text x="{left:g}" y="{top + 14}" textLength="{length:g}" xml:space="preserve"'
            f' fill="{PAPER if reverse else fill}"{looks}>{escape(text)}</text>'
        )
    return out


def talk(bob: Client, carol: Client, dave: Client) -> None:
    """Let people talk, and go away."""
    carol.send("JOIN #garden")
    plan = bob.say("#lobby", "Good morning! Who brings the tables?")
    msgid = plan.partition("msgid=")[2].partition(";")[0].partition(" ")[0]
    carol.send(f"@+draft/react=👍;+reply={msgid};+draft/reply={msgid} TAGMSG #lobby")
    carol.say("#lobby", "I have two, and my neighbour has one: https://example.org/tables")
    dave.say("#lobby", "alice: can you bring the lamps?", f"+reply={msgid};+draft/reply={msgid}")
    dave.say("#lobby", "\x01ACTION looks for the big pot\x01")
    bob.say("alice", "May I come an hour earlier?")
    dave.send("AWAY :gone fishing")
    for client in (bob, carol, dave):
        client.sync()


def main(folder: Path) -> None:
    """Draw the pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        make_accounts(data, ["alice", "bob", "carol", "dave"])
        env = {"CHAT_CONFIG": temporary, "TZ": "UTC"}
        with (
            Server(data) as server,
            Screen(
                "connect",
                server.address.host,
                str(server.address.port),
                "alice",
                env=env,
                rows=ROWS,
                columns=COLUMNS,
                full=True,
            ) as alice,
        ):
            alice.shows("Password for alice:")
            alice.type(PASSWORD)
            alice.shows("F1 shows the keys")
            alice.type("n")
            alice.shows("asked again")
            alice.type("/join #garden")
            alice.until(lambda rows: "│#garden" in rows[0])
            alice.press(CTRL_P)
            alice.until(lambda rows: "│#lobby" in rows[0])
            with Client(server.address) as bob, Client(server.address) as carol, Client(server.address) as dave:
                for client, name in ((bob, "bob"), (carol, "carol"), (dave, "dave")):
                    client.sign_in(name)
                talk(bob, carol, dave)
                alice.shows("big pot")
                alice.type("Yes, all of them.")
                alice.until(lambda rows: any(re.search(":[0-9]{2} alice: Yes, all of them.", row) for row in rows))
                alice.press("And who brings the 🎂?")
                alice.shows("And who brings")
                (folder / "screen.svg").write_text(picture(alice.emulated))
                alice.press(CTRL_U)
                alice.resize(NARROW_ROWS, NARROW_COLUMNS)
                alice.until(lambda rows: "1 unread" in "".join(rows[:1]))
                alice.press(CTRL_K)
                alice.until(lambda rows: "Go to:" in "".join(rows[-1:]))
                (folder / "jump.svg").write_text(picture(alice.emulated))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
