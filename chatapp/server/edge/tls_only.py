"""The answer to a peer that connects without TLS from an address that must use TLS (DESIGN R7).

The server processes nothing that the peer sends, so no password is ever accepted here. Most clients ask for
capabilities first, and so get the answer before they have sent a password.
"""

from __future__ import annotations

from chatapp.errors import ProtocolError
from chatapp.protocol.message import LINE_BYTES_MAX, parse_client
from chatapp.server import refusals
from chatapp.server.edge.one_shot import OneShot
from chatapp.server.services import Services


class TlsOnly(OneShot):
    """Waits for the first line and answers it with ERROR, after an ``sts`` offer if the line is ``CAP LS 302``."""

    def __init__(self, services: Services, port: int) -> None:
        super().__init__(services)
        self._port = port
        self._line = b""

    def process(self, data: bytes) -> None:
        """Answer the first line."""
        self._line += data
        if b"\n" in self._line or len(self._line) > LINE_BYTES_MAX:
            offer = (
                f":{self.services.host} CAP * LS :sts=port={self._port}\r\n" if self._asks_for_capabilities() else ""
            )
            self.answer(f"{offer}ERROR :{refusals.TLS_ONLY}\r\n".encode())

    def _asks_for_capabilities(self) -> bool:
        """Return whether the line is ``CAP LS`` with version 302 or later: only then may a capability have a value.

        Spec: IRCv3 capability-negotiation, "CAP LS Version": without version 302, "the server MUST NOT send these new
        features to the client such as cap values".
        """
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
