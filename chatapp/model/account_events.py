"""The events about how accounts sign in: their client certificates and device tokens.

``events.py`` has these events too.
"""

from __future__ import annotations

from chatapp.model.event import Event


class CertificateAdded(Event, frozen=True, tag="certificate-added/1", kw_only=True, gc=False):
    """The account registered the client certificate with the SHA-256 ``fingerprint`` (64 hexadecimal digits).

    ``password_mark`` is the mark of its password at that time (``certificates.py``).
    """

    fingerprint: str
    password_mark: str


class CertificateRemoved(Event, frozen=True, tag="certificate-removed/1", kw_only=True, gc=False):
    """The account, or without ``actor`` ``chat cert``, removed the client certificate with this SHA-256."""

    fingerprint: str


class TokenAdded(Event, frozen=True, tag="token-added/1", kw_only=True, gc=False):
    """The account ``account`` (uid) got the device token ``token`` (its id), called ``name``.

    ``digest`` is the SHA-256 of the token (64 hexadecimal digits), ``password_mark`` the mark of the account's password
    at that time (``certificates.py``). A session with the token may only send to ``targets``, unless that is empty.
    Without ``actor`` it is by ``chat tokens``.
    """

    token: str
    account: str
    digest: str
    name: str
    password_mark: str
    targets: tuple[str, ...] = ()


class TokenRemoved(Event, frozen=True, tag="token-removed/1", kw_only=True, gc=False):
    """The account ``account``, or without ``actor`` ``chat tokens``, revoked the device token ``token`` (its id).

    It was called ``name``.
    """

    token: str
    account: str
    name: str


class TokenUsed(Event, frozen=True, tag="token-used/1", kw_only=True, gc=False):
    """A client signed in with the device token ``token`` of ``account``, for the first time on that day or ever."""

    token: str
    account: str
