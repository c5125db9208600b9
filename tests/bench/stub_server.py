"""A server for the benchmark's own tests: just enough IRC, and on demand a mistake for the benchmark to find.

``python -m tests.bench.stub_server PORT none|lose|double|swap|leave``: the mistake is made once, at the 50th delivery.
"""

from __future__ import annotations

import asyncio
import sys

FAULTY_DELIVERY = 50


class Stub:
    """Channels, users, and how many messages were delivered."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.deliveries = 0
        self.kept: bytes | None = None
        self.users: dict[str, asyncio.StreamWriter] = {}
        self.channels: dict[str, list[str]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it leaves."""
        nick = ""
        while line := (await reader.readline()).decode():
            verb, _, rest = line.rstrip("\r\n").partition(" ")
            if verb == "NICK":
                nick = rest
                self.users[nick] = writer
            elif verb == "USER":
                writer.write(f":stub 001 {nick} :hello\r\n".encode())
            elif verb == "JOIN":
                self.channels.setdefault(rest, []).append(nick)
                writer.write(f":stub 366 {nick} {rest} :end\r\n".encode())
            elif verb == "WHO":
                writer.write(f":stub 315 {nick} {rest} :end\r\n".encode())
            elif verb == "PING":
                writer.write(f":stub PONG stub {rest}\r\n".encode())
            elif verb == "PRIVMSG":
                target = rest.split(" ", 1)[0]
                for receiver in self.channels.get(target, [target]):
                    if receiver != nick:
                        self.deliver(self.users[receiver], f":{nick}!bench@stub PRIVMSG {rest}\r\n".encode())
        writer.close()

    def deliver(self, writer: asyncio.StreamWriter, line: bytes) -> None:
        """Deliver a message, or make the mistake."""
        self.deliveries += 1
        if self.deliveries == FAULTY_DELIVERY:
            if self.fault == "lose":
                return
            if self.fault == "double":
                writer.write(line)
            if self.fault == "swap":
                line = line.replace(b".0", b".9", 1)
            if self.fault == "leave":
                writer.close()
                return
        writer.write(line)


async def main(port: int, fault: str) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(Stub(fault).serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
