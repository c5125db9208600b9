"""The sign-in: the steps from a new connection to the welcome, as a table: state and verb -> step.

::

    OFFERS --CAP LS--> ASKED --CAP ACK--> LOOKUP --ACCOUNT--> WAITING <---- 904, FAIL ----+
                                  |                             |                         |
                                  +---- (no ACCOUNT command) ---+--sign_in--> SASL -------+
                                                                +--sign_up--> REGISTER ---+
                                                                                |
                                       DONE <--001-- ENDING <--903, SUCCESS-----+

With a client certificate, EXTERNAL is between ASKED and LOOKUP: 903 leads to ENDING, 904 goes on to LOOKUP or SASL.
With an invitation, INVITATION is there too: its answer goes on to LOOKUP.

Spec: IRCv3 capability-negotiation, sasl-3.1, sasl-3.2, draft/account-registration. The capability ``chatapp/account``
is this project's own: before sign-in, the server answers ``ACCOUNT <name>`` with ``ACCOUNT <name>
known|unknown|invitation|closed``, or with FAIL, and ``INVITATION <code>`` with ``INVITATION VALID <network>
:<channels>``, or with FAIL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from chatapp.client.core import fences, reading
from chatapp.client.core.capabilities import ACCOUNT_LOOKUP, REGISTRATION, REQUIRED, USED, WANTED
from chatapp.client.core.events import (
    CertificateRefused,
    Event,
    InvitationTaken,
    Lookup,
    Notice,
    SignInNeeded,
    Unusable,
)
from chatapp.client.core.other_names import Names
from chatapp.client.core.refusals import NO_SIGN_UP, account_gone, banned, nobody, refused_name
from chatapp.client.core.replies import text_of
from chatapp.client.core.signin_states import State
from chatapp.protocol import caps, sasl
from chatapp.protocol.message import Message

# The codes of FAIL ACCOUNT for a name that nobody has and that cannot be registered (at present).
_NO_SUCH_ACCOUNT = ("BAD_ACCOUNT_NAME", "TEMPORARILY_UNAVAILABLE")
# The codes of FAIL REGISTER after which the server may accept another password.
_OTHER_PASSWORD_HELPS = ("UNACCEPTABLE_PASSWORD", "WEAK_PASSWORD")
_SASL_REFUSALS = ("902", "904", "905", "906")

_NO_RECEIPTS = "This server cannot tell whether a message arrived (it {}). Use another IRC client for it."

_ACCOUNT_REMOVED = "Your account was removed"
_BANNED = "You are banned from this server"
_ENDED = ("The password of your account was changed", "The token of this connection was revoked")


class SignIn:
    """Signs one account in on each new connection; keeps the password for the next connection.

    ``certificate``: each connection presents a client certificate, which is tried before the password.
    """

    def __init__(self, name: str, *, certificate: bool = False) -> None:
        self.name = name
        self.any_server = False  # a server without receipts and accounts will do
        self.is_plain = False  # the server of this connection has neither
        self.names = Names(name)  # what such a server is to call us
        self.state = State.OFFLINE
        self.offers: dict[str, str] = {}
        self.enabled: set[str] = set()
        self.out: list[Message] = []
        self._password = ""
        self._register = False
        self._refused = ""
        self._lookup: Lookup = "unasked"
        self._requests, self._tls = 0, False
        self._asked = False  # a person was asked for a password and has not answered
        self._was_in = False  # we were signed in before, on any connection
        self._accepted = False  # the server accepted this password before
        self._certificate = certificate
        self.invitation = ""  # the code with which to make the account, if there is none; empty once we are signed in
        self._taken: InvitationTaken | None = None  # what the server said last of the invitation; None: it was refused
        self._uninvited = ""  # why the server refused the invitation
        self._certificate_refusal = ""  # why the certificate did not sign in the last time, as the person was told
        self._words = ""  # the last notice of the server on this connection
        self._was_banned = False  # the server has said on this connection that we are banned

    def opened(self, *, tls: bool) -> None:
        """Begin on a new connection."""
        self._tls = tls
        self.offers, self.enabled, self._requests, self._words = {}, set(), 0, ""
        self.is_plain = self._was_banned = False
        self._lookup = "unasked"
        self.state = State.OFFERS
        self.out = [
            Message("CAP", ["LS", "302"]),
            self.names.begin(),
            Message("USER", [self.name, "0", "*", self.name]),
        ]

    def closed(self) -> None:
        """Note that the connection ended."""
        self.state, self.out = State.OFFLINE, []

    def sign_in(self, password: str) -> None:
        """Sign in with this password, now or on the next connection."""
        self._password, self._register, self._asked, self._accepted = password, False, False, False
        if self.state is State.WAITING:
            self._begin()

    def sign_up(self, password: str) -> None:
        """Make the account with this password, now or on the next connection."""
        self._password, self._register, self._asked, self._accepted = password, True, False, False
        if self.state is State.WAITING:
            self._begin()

    def use(self, secret: str) -> None:
        """Sign in with this password, or device token, from the next connection on."""
        self._password = secret

    def ended(self, why: str) -> list[Event] | None:
        """Take the text of ERROR, which ends the connection; return None if it does not concern the sign-in."""
        if self._was_banned:
            return []  # 465 has said it
        if why.startswith(_BANNED):
            return [banned(why)]
        if not self.done and not self.waits_for_person:
            return [Unusable(why)]
        if why.startswith(_ACCOUNT_REMOVED):
            return [account_gone(self.name)]
        if why.startswith(_ENDED):  # ask at once, so that nobody types the new password into a conversation
            self._password, self._register, self._asked, self._accepted = "", False, True, False
            return [SignInNeeded("known", why)]
        return None

    @property
    def done(self) -> bool:
        """Tell whether we are signed in and the server has sent its welcome."""
        return self.state is State.DONE

    @property
    def has_tokens(self) -> bool:
        """Tell whether the server has device tokens."""
        return ACCOUNT_LOOKUP in self.enabled and "tokens" in self.offers.get(ACCOUNT_LOOKUP, "").split(",")

    @property
    def waits_for_person(self) -> bool:
        """Tell whether the sign-in cannot go on before a call of ``sign_in`` or ``sign_up``."""
        return self._asked

    def take(self, message: Message) -> list[Event]:
        """Take a line of the server; put the lines to send into ``out``."""
        if message.verb == "465":  # ERR_YOUREBANNEDCREEP
            self._was_banned = True
            return [banned(text_of(message))]
        step = self._TABLE.get((self.state, message.verb))
        return step(self, message) if step is not None else []

    def notice(self, text: str) -> list[Event]:
        """Return the event for a notice of the server; during the sign-in, none for a repeated notice.

        A server that makes a client wait repeats its notice, to show that it has not forgotten the client.
        """
        again = self.state is not State.DONE and text == self._words
        self._words = text
        return [] if again else [Notice(text)]

    # The steps of the table

    def _on_cap(self, message: Message) -> list[Event]:
        if message.param(1).upper() != "LS":
            return []
        self.offers |= {name: value for name, value in caps.parse_offers(message.params[-1]).items() if name in USED}
        if message.param(2) == "*" and len(message.params) > 3:  # more of the list follows
            return []
        missing = [name for name in REQUIRED if name not in self.offers]
        if "sts" in self.offers and not self._tls:
            return [Unusable("This server takes no passwords without TLS. Connect without --plaintext.")]
        if missing and not self.any_server:
            return [Unusable(_NO_RECEIPTS.format(f"does not offer {', '.join(missing)}"))]
        self.is_plain = bool(missing)
        names = [name for name in (fences.WANTED if missing else WANTED) if name in self.offers]
        self.out += (requests := [Message("CAP", ["REQ", each]) for each in (caps.split(names) if names else ())])
        self._requests, self.state = len(requests), State.ASKED
        return [] if requests else self._enter_plainly()

    def _on_no_capabilities(self, message: Message) -> list[Event]:
        self.is_plain = self.any_server
        if not self.is_plain:
            return [Unusable(_NO_RECEIPTS.format("offers no capabilities"))]
        events, self.out = self._enter_plainly(), []  # no CAP END: it does not know CAP
        return [*events, *self._on_welcome(message)]

    def _enter_plainly(self) -> list[Event]:
        """Go on to the welcome of a server without accounts, under our name."""
        self.out.append(Message("CAP", ["END"]))
        self.state = State.ENDING
        return [Notice(fences.NO_ACCOUNTS)] if not self._was_in else []

    def _on_taken(self, message: Message) -> list[Event]:
        """Try another name, if any server will do: somebody else has ours at the moment."""
        self.out += (another := self.names.refuse(message) if self.any_server else [])
        is_over = not another and (self.is_plain or not self.any_server or self.state is State.ENDING)
        return [Unusable(self.names.refused or text_of(message))] if is_over else []

    def _on_answer(self, message: Message) -> list[Event]:
        answer = message.param(1).upper()
        if answer not in ("ACK", "NAK"):
            return []
        if answer == "ACK":
            self.enabled |= {name for name, on in caps.parse_request(message.params[-1]).items() if on and name in USED}
        self._requests -= 1
        if self._requests:
            return []
        if self.is_plain:
            return self._enter_plainly()
        if not self.enabled.issuperset(REQUIRED):
            return [Unusable("This server offers what it does not allow. Use another IRC client for it.")]
        return self._present() if self._certificate and not self._asked else self._go_on()

    def _present(self) -> list[Event]:
        """Sign in with the client certificate, if the server takes certificates.

        Spec: IRCv3 sasl-3.2, "Mechanism list in CAP LS". A server of sasl-3.1 has no list.
        """
        mechanisms = self.offers["sasl"]
        if mechanisms and sasl.EXTERNAL not in mechanisms.split(","):
            return self._without_certificate("This server takes none.")
        self.out.append(Message("AUTHENTICATE", [sasl.EXTERNAL]))
        self.state = State.EXTERNAL
        return []

    def _without_certificate(self, why: str) -> list[Event]:
        """Go on with the password; tell why, if the person does not know it from the last connection."""
        known, self._certificate_refusal = self._certificate_refusal == why, why
        return [*([] if known else [CertificateRefused(why)]), *self._go_on()]

    def _go_on(self) -> list[Event]:
        """Show the invitation; sign in with the password; without one, first ask whether the account exists."""
        if not self.invitation:
            return self._look_up() if not self._password else self._ready()
        if ACCOUNT_LOOKUP not in self.enabled:
            return [Unusable("This server takes no invitations. Ask who sent you the link for another one.")]
        self.out.append(Message("INVITATION", [self.invitation]))
        self.state = State.INVITATION
        return []

    def _on_invitation(self, message: Message) -> list[Event]:
        known, self._taken, self._uninvited = self._taken, reading.invitation_taken(message), ""
        return [*([] if known == self._taken else [self._taken]), *self._look_up()]

    def _on_invitation_refused(self, message: Message) -> list[Event]:
        """Go on: the account may exist, or be made without the invitation."""
        if message.param(0) != "INVITATION":
            return []
        self._taken, self._uninvited = None, text_of(message)
        return self._look_up()

    def _look_up(self) -> list[Event]:
        """Ask whether the account exists, if the server has the command for it."""
        if ACCOUNT_LOOKUP not in self.enabled:
            return self._ready()
        self.out.append(Message("ACCOUNT", [self.name]))
        self.state = State.LOOKUP
        return []

    def _on_lookup(self, message: Message) -> list[Event]:
        if message.param(1) in ("known", "unknown", "invitation", "closed"):
            self._lookup = cast(Lookup, message.param(1))
        if self._lookup in NO_SIGN_UP and not self._was_in:  # no password would help
            return [nobody(self.name, self._lookup, self._uninvited)]
        if self._lookup == "known" and self.invitation:  # the answer to REGISTER was lost with a connection, perhaps
            self._register = False
        return [*([Notice(self._uninvited)] if self._uninvited and self._lookup == "unknown" else []), *self._ready()]

    def _on_lookup_failed(self, message: Message) -> list[Event]:
        if message.param(0) != "ACCOUNT":
            return []
        if message.param(1) not in _NO_SUCH_ACCOUNT:
            return self._ready()
        return [account_gone(self.name)] if self._was_in else [refused_name(message)]

    def _ready(self) -> list[Event]:
        """Sign in if there is a password, else ask a person for it."""
        self.state = State.WAITING
        if self._was_in and self._lookup in ("unknown", *NO_SIGN_UP):
            return [account_gone(self.name)]
        if not self._password:
            self._asked = True
            return [SignInNeeded(self._lookup, self._refused, self._lookup == "unasked" and self._makes_accounts)]
        self._begin()
        return []

    @property
    def _makes_accounts(self) -> bool:
        """Tell whether the server makes an account from just a name and a password, before the sign-in."""
        flags = self.offers.get(REGISTRATION, "").split(",")
        return REGISTRATION in self.enabled and "before-connect" in flags and "email-required" not in flags

    def _begin(self) -> None:
        if self._register:
            self.out.append(Message("REGISTER", [self.name, "*", self._password]))
            self.state = State.REGISTER
        else:
            self.out.append(Message("AUTHENTICATE", [sasl.PLAIN]))
            self.state = State.SASL

    def _on_authenticate(self, message: Message) -> list[Event]:
        if message.param(0) == sasl.EMPTY:
            payload = sasl.encode_plain(self.name, self._password)
            self.out += [Message("AUTHENTICATE", [chunk]) for chunk in sasl.chunks(payload)]
        return []

    def _on_identity_asked(self, message: Message) -> list[Event]:
        """Send the account's name as the identity to act as. Spec: RFC 4422, appendix A."""
        if message.param(0) == sasl.EMPTY:
            self.out += [Message("AUTHENTICATE", [chunk]) for chunk in sasl.chunks(self.name.encode())]
        return []

    def _on_certificate_taken(self, message: Message) -> list[Event]:
        self._certificate_refusal = self._refused = ""
        self.out.append(Message("CAP", ["END"]))
        self.state = State.ENDING
        return []

    def _on_certificate_refused(self, message: Message) -> list[Event]:
        if message.verb == "FAIL" and message.param(0) != "AUTHENTICATE":
            return []
        return self._without_certificate(text_of(message))

    def _on_success(self, message: Message) -> list[Event]:
        self._register, self._refused, self._accepted, self.invitation = False, "", True, ""
        self.out.append(Message("CAP", ["END"]))
        self.state = State.ENDING
        return []

    def _on_refused(self, message: Message) -> list[Event]:
        self._password, self._register, self._refused = "", False, text_of(message)
        if self._lookup == "unknown":
            self._lookup = "unasked"
        if self._accepted:
            self._refused += " It was right before: it has been changed since, or the account was removed."
            self._accepted = False
        return self._look_up() if self._was_in else self._ready()

    def _on_register(self, message: Message) -> list[Event]:
        answer = message.param(0).upper()
        if answer == "SUCCESS":
            return self._on_success(message)
        self._password, self._register = "", False
        return [Unusable(f"The account is made, but there is more to do: {text_of(message)}")]

    def _on_no_sign_up(self, message: Message) -> list[Event]:
        return [Unusable("Nobody can sign up on this server with chat. Ask who runs it for an account.")]

    def _on_fail(self, message: Message) -> list[Event]:
        command, code = message.param(0), message.param(1)
        if command != ("REGISTER" if self.state is State.REGISTER else "AUTHENTICATE"):
            return []
        self._password, self._register, self._refused = "", False, text_of(message)
        if code == "ACCOUNT_EXISTS":
            self._lookup = "known"
        elif self.state is State.REGISTER and code not in _OTHER_PASSWORD_HELPS:
            # Another password would not help. The server says what became of the account, which may exist all the same.
            return [Unusable(f"Sign-up: {text_of(message)}")]
        return self._ready()

    def _on_welcome(self, message: Message) -> list[Event]:
        self.state, self._was_in = State.DONE, True
        return self.names.told(message.param(0)) if self.is_plain else []

    def _on_name_refused(self, message: Message) -> list[Event]:
        return self._on_taken(message) if self.names.refused else [Unusable(text_of(message))]  # another is too long

    _TABLE: ClassVar[dict[tuple[State, str], Callable[[SignIn, Message], list[Event]]]] = {
        (State.OFFERS, "CAP"): _on_cap,
        (State.OFFERS, "001"): _on_no_capabilities,  # COMPAT(InspIRCd without the module cap): it does not answer CAP
        (State.ASKED, "CAP"): _on_answer,
        **dict.fromkeys([(state, "433") for state in (State.OFFERS, State.ASKED, State.ENDING)], _on_taken),
        (State.EXTERNAL, "AUTHENTICATE"): _on_identity_asked,
        (State.EXTERNAL, "903"): _on_certificate_taken,
        **dict.fromkeys([(State.EXTERNAL, verb) for verb in (*_SASL_REFUSALS, "FAIL")], _on_certificate_refused),
        (State.INVITATION, "INVITATION"): _on_invitation,
        (State.INVITATION, "FAIL"): _on_invitation_refused,
        (State.LOOKUP, "ACCOUNT"): _on_lookup,
        (State.LOOKUP, "FAIL"): _on_lookup_failed,
        (State.ASKED, "432"): lambda self, message: self._on_taken(message) if self.names.refused else [],
        (State.LOOKUP, "432"): _on_name_refused,
        (State.LOOKUP, "421"): lambda self, message: self._ready(),
        (State.SASL, "AUTHENTICATE"): _on_authenticate,
        (State.SASL, "903"): _on_success,
        **dict.fromkeys([(State.SASL, verb) for verb in _SASL_REFUSALS], _on_refused),
        (State.SASL, "FAIL"): _on_fail,
        (State.REGISTER, "REGISTER"): _on_register,
        (State.REGISTER, "FAIL"): _on_fail,
        (State.REGISTER, "421"): _on_no_sign_up,
        (State.REGISTER, "451"): _on_no_sign_up,
        (State.ENDING, "001"): _on_welcome,
        (State.ENDING, "432"): _on_name_refused,
    }
