"""Makes the screenshots of README: ``python -m tests.web.screenshots docs``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.irc import Client, msgid_of
from tests.support.server import Server, make_accounts
from tests.web.browser import Person, chromium

TALK = [
    ("mara", "Good morning! The *spring concert* is on Saturday. Who can help with the chairs?"),
    ("jonas", "I can, from nine on."),
    ("amina", "Me too. Do we still have the long cable?"),
    ("jonas", "It is in the cupboard next to the stage. I checked it yesterday."),
    ("tomas", "The programme, to print it:\nhttps://example.org/concert/programme.pdf"),
    ("amina", "Thank you, @alice has the good printer :)"),
]


def look(folder: Path) -> None:
    """Let people talk, and take a picture of the page on a large screen, and on a phone."""
    with tempfile.TemporaryDirectory() as data, chromium() as browser:
        make_accounts(Path(data), ["alice", "mara", "jonas", "amina", "tomas"])
        with Server(Path(data), "--name", "Riverside") as server:
            people = {name: Client(server.address).sign_in(name) for name in ("mara", "jonas", "amina")}
            people["tomas"] = Client(server.address).sign_in("tomas", caps="message-tags batch draft/multiline")
            people["mara"].send("JOIN #music", "JOIN #kitchen", "TOPIC #lobby :Spring concert: Saturday, 7 pm")
            people["mara"].sync()
            options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1}
            alice = Person(browser.new_context(**options), server.address, "alice").sign_in()
            for channel in ("#music", "#kitchen"):
                alice.type(f"/join {channel}")
                alice.sees(channel, ".title")
            alice.choose("lobby")
            msgids = {}
            for name, text in TALK:
                msgids[text] = say(people[name], text)
            alice.sees("good printer")
            reacted = {"jonas": "👍", "amina": "🎉", "tomas": "🎉"}
            for name, emoji in reacted.items():
                people[name].send(f"@+draft/react={emoji};+reply={msgids[TALK[0][1]]} TAGMSG #lobby")
            alice.tool("good printer", "Reply")
            alice.say("I print it tonight. `A4`, both sides?")
            people["jonas"].send("PRIVMSG alice :Can you bring the key on Saturday?")
            people["mara"].send("PRIVMSG #music :alice: which songs do we play?", "PRIVMSG #kitchen :Soup today")
            people["mara"].send("@+typing=active TAGMSG #lobby")
            alice.sees("mara is typing", ".typing")
            alice.page.locator(".side .row.unread").nth(2).wait_for()
            alice.page.click(".members")
            alice.page.mouse.move(640, 780)
            picture(alice, folder / "page.png")
            small: dict[str, Any] = {"viewport": {"width": 360, "height": 720}, "device_scale_factor": 2}
            phone = Person(browser.new_context(**small, color_scheme="dark"), server.address, "alice").sign_in()
            phone.sees("A4")
            picture(phone, folder / "page-phone.png")
            for client in people.values():
                client.close()


def say(client: Client, text: str) -> str:
    """Say a text of one line or several; return its msgid."""
    lines = text.split("\n")
    if len(lines) == 1:
        client.send(f"PRIVMSG #lobby :{text}")
    else:
        client.send(
            "BATCH +1 draft/multiline #lobby", *(f"@batch=1 PRIVMSG #lobby :{line}" for line in lines), "BATCH -1"
        )
    return msgid_of(client.wait_for(r"msgid=\S+ :\S+ (PRIVMSG|BATCH \+\S+ \S+) #lobby"))


def picture(person: Person, path: Path) -> None:
    """Take a picture, when all is drawn."""
    person.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    person.page.screenshot(path=str(path))


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    target.mkdir(exist_ok=True)
    look(target)
