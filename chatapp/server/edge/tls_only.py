"""What a peer is told that comes without TLS from where passwords are taken over TLS only (DESIGN R7).

Nothing that it says is taken in, so there is nothing here that a password could be given to. A client that asks for
capabilities first, as most do, is told before it has sent its password.
"""

from __future__ import annotations

from chatapp.errors import ProtocolError
from chatapp.protocol.message import LINE_BYTES_MAX, parse_client
from chatapp.server.edge.one_shot import OneShot
from chatapp.server.services import Services


class TlsOnly(OneShot):
    """Waits for a line, and answers it with ERROR."""

    def __init__(self, services: Services, port: int) -> None:
        super().__init__(services)
        self._port = port
        self._line = b""

    def data_received(self, data: bytes) -> None:
        """Answer the first line (called by the event loop)."""
        if self.answered:
            return
        self._line += data
        if b"\n" in self._line or len(self._line) > LINE_BYTES_MAX:
            offer = (
                f":{self.services.host} CAP * LS :sts=port={self._port}\r\n" if self._asks_for_capabilities() else ""
            )
            words = "This server is reached with TLS only. Connect to the same port again, with TLS switched on."
            self.answer(f"{offer}ERROR :{words}\r\n".encode())

    def _asks_for_capabilities(self) -> bool:
        """Tell ``CAP LS 302`` (sts: "Clients and servers MUST NOT ... unless ... version 302", for it has a value)."""
        try:
            message = parse_client(self._line[: LINE_BYTES_MAX + 1].partition(b"\n")[0].rstrip(b"\r"))
        except ProtocolError:
            return False
        version = message.param(1)
        return (
            message.verb == "CAP"
            and message.param(0).upper() == "LS"
            and version.isascii()
            and version.isdigit()
            and (len(version) > 3 or int(version) >= 302)
        )
