"""A bot that repeats what follows !echo. Run: python bot.py HOST PORT NAME PASSWORD-FILE [SHA256:...]"""

import asyncio
import sys

from chatapp.client import Client


async def main(host: str, port: str, name: str, password_file: str, trust: str | None = None) -> None:
    """Answer until the program is ended."""
    async with Client(host, int(port), name, password_file=password_file, trust=trust) as chat:
        async for message in chat.messages():
            if message.text.startswith("!echo "):
                await chat.reply(message, message.text.removeprefix("!echo "))


asyncio.run(main(*sys.argv[1:]))
