"""What the server reports to the administrator: the lines of the operational log, and figures for ``chat status``.

There is one method for each kind of event, so that this module has the wording of all lines. A line names accounts,
addresses and limits. A line never contains a password, the text of a message, or a name that a client tried to sign in
with and that no account has: people type their password there by mistake.

No method here runs for each message. ``limits/floods.py`` turns floods of lines into summaries.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from chatapp.auth import Account as Entry
from chatapp.config import Config
from chatapp.counting import counted
from chatapp.server.limits.floods import Floods, Summary
from chatapp.storage.outages import Outage

log = logging.getLogger(__name__)

REFUSALS_MAX = 10  # lines of one kind of refusal, or of one limit that was reached, in one window
_LINES_MAX = 100  # lines of any other kind of event in one window
_WINDOW_S = 10.0  # length of a window; at its end one line has the count of the events beyond these numbers
_KEYS_MAX = 1_000  # addresses or names counted in one window of a flood
_MINUTE_S = 60.0


class _Kind(NamedTuple):
    """One kind of event: the level of its lines, the level of the summary of a flood, and the noun in the summary.

    A kind whose summaries are warnings is a refusal, and has the lower limit of lines (REFUSALS_MAX).
    """

    level: int
    flood_level: int
    plural: str


_KINDS = {
    "signed-in": _Kind(logging.INFO, logging.INFO, "sign-ins"),
    "signed-out": _Kind(logging.INFO, logging.INFO, "sign-outs"),
    "sign-in-refused": _Kind(logging.INFO, logging.WARNING, "refused sign-ins"),
    "sign-up-refused": _Kind(logging.INFO, logging.WARNING, "refused sign-ups"),
    "gateway-refused": _Kind(logging.INFO, logging.WARNING, "refused WebIRC connections"),
    "limit-reached": _Kind(logging.WARNING, logging.WARNING, "connections over a limit"),
    "account-created": _Kind(logging.INFO, logging.INFO, "new accounts"),
    "account-removed": _Kind(logging.INFO, logging.INFO, "removed accounts"),
    "account-changed": _Kind(logging.INFO, logging.INFO, "changed accounts"),
}


class Activity:
    """Writes the lines, and counts the messages of the last minute. ``clock`` gives seconds that never go back."""

    def __init__(self, config: Config, clock: Callable[[], float], messages: Callable[[], int]) -> None:
        """``messages`` returns how many messages were stored since the start."""
        self._clock = clock
        self._messages = messages
        self._config = config
        self._floods = Floods(_WINDOW_S, _KEYS_MAX)
        self._unstored = Outage()
        self._accounts_fault = Outage()
        self._samples: deque[tuple[float, int]] = deque()  # (time, messages so far) of the last minute
        self.started_s = clock()
        self.tell: Callable[[str], None] | None = None  # gets each line too, while somebody wants server notices

    # The server

    def started(self, addresses: str, accounts: int, position: int) -> None:
        """Log that the server accepts connections."""
        text = f"started: listening on {addresses}; {counted(accounts, 'account')}, log position {position}"
        self._write(logging.INFO, "started", text, addresses=addresses, accounts=accounts, position=position)

    def stopping(self, reason: str, connections: int) -> None:
        """Log that the server begins to stop; ``reason`` names the signal."""
        text = f"stopping ({reason}) with {counted(connections, 'connection')}"
        self._write(logging.INFO, "stopping", text, reason=reason, connections=connections)

    def stopped(self) -> None:
        """Write the pending summaries, then log that everything is stored and every connection is closed."""
        self._sum_up_ended(math.inf)
        self._tell_stored_again(math.inf)
        uptime_s = round(self._clock() - self.started_s)
        self._write(logging.INFO, "stopped", f"stopped after {uptime_s} s", uptime_s=uptime_s)

    def not_stored(self, reason: str, count: int) -> None:
        """Log that ``count`` messages and changes were not stored.

        Each reason gets one line in an outage, even if the fault comes and goes. The other failures are only counted.
        """
        if self._unstored.failed(reason, self._clock(), count):
            self._write(
                logging.WARNING, "not-stored", f"{reason} (told once; the next ones are counted)", reason=reason
            )

    def _tell_stored_again(self, now_s: float) -> None:
        ended = self._unstored.take_ended(now_s)
        if ended is not None:
            text = (
                f"messages and changes that were not stored within {ended.seconds:.0f} s: {ended.failures};"
                " none has failed since"
            )
            self._write(logging.INFO, "stored-again", text, count=ended.failures, seconds=round(ended.seconds))

    def certificate_made(self, fingerprint: str) -> None:
        """Log that the server has made its own certificate."""
        text = f"a certificate was made; public key {fingerprint}"
        self._write(logging.INFO, "certificate-made", text, fingerprint=fingerprint)

    def files_read_again(self, fingerprint: str) -> None:
        """Log that the certificate and the password file were read again."""
        text = f"certificate and password file read again; public key {fingerprint}"
        self._write(logging.INFO, "files-read-again", text, fingerprint=fingerprint)

    def certificate_refused(self, why: str) -> None:
        """Log that a new certificate cannot be used."""
        text = f"{why} The old certificate stays in use."
        self._write(logging.ERROR, "certificate-refused", text)

    def sign_up_changed(self, policy: str) -> None:
        """Log that the sign-up policy was changed by ``chat sign-up``."""
        self._write(logging.INFO, "sign-up-changed", f"sign-up is {policy} now", policy=policy)

    # People

    def signed_in(self, name: str, guest: bool, address: str, tls: bool, connections: int, token: str = "") -> None:
        """Log that a user has one more connection; ``connections`` is the user's number of connections with it.

        ``token`` is the name of the device token that it signed in with; empty for none.
        """
        how = ("TLS" if tls else "plain text") + (f", token {token}" if token else "")
        more = f"; {connections} connections now" if connections > 1 else ""
        text = f"{_who(name, guest)} signed in from {address} ({how}){more}"
        self._tell(
            "signed-in", text, address,
            account=name, guest=guest, address=address, tls=tls, connections=connections, token=token or None,
        )  # fmt: skip

    def signed_out(self, name: str, guest: bool, address: str, seconds: int, reason: str, connections: int) -> None:
        """Log that a user's connection, which lasted ``seconds``, has ended; the user has ``connections`` left.

        ``name`` is empty if the account was removed.
        """
        why = f": {reason}" if reason else ""
        more = f"; {counted(connections, 'connection')} left" if connections else ""
        text = f"{_who(name, guest) or 'a removed account'} signed out from {address} after {seconds} s{why}{more}"
        self._tell(
            "signed-out", text, address,
            account=name or None, guest=guest, address=address, seconds=seconds, reason=reason, connections=connections,
        )  # fmt: skip

    def sign_in_refused(self, name: str, address: str, reason: str, *, by_certificate: bool = False) -> None:
        """Log that a sign-in failed.

        ``name`` is empty if no account has the name that the client sent, or if a certificate came without a name.
        """
        whom = f" to {name}" if name else " with a certificate" if by_certificate else " to an unknown name"
        text = f"a sign-in{whom} was refused for {address}: {reason}"
        self._tell("sign-in-refused", text, address, account=name or None, address=address, reason=reason)

    def sign_up_refused(self, address: str, reason: str) -> None:
        """Log that a client could not make an account."""
        text = f"a sign-up was refused for {address}: {reason}"
        self._tell("sign-up-refused", text, address, address=address, reason=reason)

    def gateway_refused(self, address: str, reason: str) -> None:
        """Log that a WEBIRC was refused; ``address`` is that of the connection."""
        text = f"WEBIRC was refused for {address}: {reason}"
        self._tell("gateway-refused", text, address, address=address, reason=reason)

    def limit_reached(self, limit: str, address: str, text: str) -> None:
        """Log that a connection was delayed or closed because of a limit; ``limit`` is its name (``clients_max``).

        ``address`` is empty if the limit concerns no particular connection.
        """
        where = f" ({address})" if address else ""
        self._tell(f"limit-reached {limit}", text + where, address, limit=limit, address=address or None)

    # Accounts

    def account_created(self, name: str) -> None:
        """Log that there is a new account."""
        self._tell("account-created", f"the account {name} was created", name, account=name)

    def account_removed(self, name: str) -> None:
        """Log that an account was removed."""
        self._tell("account-removed", f"the account {name} was removed", name, account=name)

    def accounts_compared(self, before: Mapping[str, Entry], now: Mapping[str, Entry]) -> None:
        """Log which accounts have another password or role in the password file than before.

        ``before`` and ``now`` are the entries by casefolded name.
        """
        for folded, entry in now.items() if before is not now else ():
            old = before.get(folded)
            if old is None or old == entry or old.id != entry.id:
                continue
            if old.hash != entry.hash:
                self.account_changed(entry.name, "another password")
            if old.admin != entry.admin:
                role = "an administrator now" if entry.admin else "no administrator any more"
                self.account_changed(entry.name, role)

    def accounts_at_fault(self, text: str) -> None:
        """Log that the password file or accounts cannot be used or changed; each text gets one line in an outage."""
        if self._accounts_fault.failed(text, self._clock()):
            self._write(logging.ERROR, "accounts-at-fault", text)

    def account_changed(self, name: str, what: str) -> None:
        """Log that an account was changed; ``what`` names the change (a password, a role)."""
        self._tell("account-changed", f"the account {name} was changed: {what}", name, account=name, what=what)

    def order_kept(self, nick: str, what: str, reason: str) -> None:
        """Log what an administrator did: ``nick`` is empty for who uses ``chat ban`` and the like."""
        by = nick or self._config.server_name
        text = f"{by} {what}" + (f": {reason}" if reason else "")
        self._write(logging.INFO, "order-kept", text, by=by, what=what, reason=reason)

    # Time

    def look(self) -> None:
        """Write summaries of the floods that have ended, and sample the number of messages (called twice a second)."""
        now_s = self._clock()
        self._sum_up_ended(now_s)
        self._tell_stored_again(now_s)
        self._samples.append((now_s, self._messages()))
        while now_s - self._samples[0][0] > _MINUTE_S:
            self._samples.popleft()

    def messages_last_minute(self) -> int:
        """Return how many messages were stored in the last minute, or since the start if that was later."""
        return self._messages() - (self._samples[0][1] if self._samples else 0)

    def uptime_s(self) -> float:
        """Return how many seconds the server has been running."""
        return self._clock() - self.started_s

    def _tell(self, kind: str, text: str, key: str, **fields: object) -> None:
        """Write a line of a kind that may flood the log, or only count the event by ``key``.

        ``kind`` is a key of _KINDS. A second word after it (the name of a limit) gets lines and a count of its own.
        """
        event = kind.partition(" ")[0]
        level, refusal = _KINDS[event].level, _KINDS[event].flood_level == logging.WARNING
        lines_max = REFUSALS_MAX if refusal else _LINES_MAX
        wanted = log.isEnabledFor(level) or self.tell is not None
        if wanted and self._floods.admit(kind, key, lines_max, self._clock()):
            self._write(level, event, text, **fields)

    def _sum_up_ended(self, now_s: float) -> None:
        for summary in self._floods.ended(now_s):
            self._sum_up(summary)

    def _sum_up(self, summary: Summary) -> None:
        event, _, limit = summary.kind.partition(" ")
        kind = _KINDS[event]
        shown = ", ".join(f"{key} ({count})" for key, count in summary.most if key)
        others = f" and {summary.keys - len(summary.most)} more" if summary.keys > len(summary.most) else ""
        what = f"{kind.plural} ({limit})" if limit else kind.plural
        text = f"{summary.events} more {what} in {self._floods.window_s:g} s{': ' if shown else ''}{shown}{others}"
        self._write(
            kind.flood_level,
            f"{event}-flood",
            text,
            count=summary.events,
            limit=limit or None,
            most={key: count for key, count in summary.most if key},
        )

    def _write(self, level: int, event: str, text: str, **fields: object) -> None:
        log.log(level, "%s", text, extra={"event": event, "fields": fields})
        if self.tell is not None:
            self.tell(text)


def _who(name: str, guest: bool) -> str:
    return f"{name} (guest)" if guest else name
