"""Pure: an HTTP answer, and the header fields that every answer has."""

from __future__ import annotations

import email.utils
from http import HTTPStatus
from typing import NamedTuple

# Browsers take nothing into the page but what this server sends, and show the page in no other page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self';"
    " worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
OVER_TLS = ("Cross-Origin-Opener-Policy", "same-origin")  # without TLS, browsers ignore it and complain of that
NOT_KEPT = ("Cache-Control", "no-store")
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


class Answer(NamedTuple):
    """One answer: ``kind`` is its Content-Type; ``closes``: the connection ends after it."""

    status: int
    content: bytes
    kind: str = TEXT
    fields: tuple[tuple[str, str], ...] = (NOT_KEPT,)
    closes: bool = False


def date(ms: int) -> str:
    """Return a time (ms) for the field Date, which every answer has to have. Spec: RFC 9110, section 6.6.1."""
    return email.utils.formatdate(ms / 1000, usegmt=True)


def last_words(answer: Answer, ms: int) -> bytes:
    """Return an answer at the time ``ms`` that needs no parser of the request: the connection ends after it."""
    fields = [
        ("Date", date(ms)),
        ("Content-Type", answer.kind),
        ("Content-Length", str(len(answer.content))),
        *SECURITY,
        *answer.fields,
        ("Connection", "close"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n{head}\r\n".encode() + answer.content


def sentence(status: int, text: str, *fields: tuple[str, str], closes: bool = False) -> Answer:
    """Return an answer that is one sentence of plain text."""
    return Answer(status, f"{text}\n".encode(), fields=(NOT_KEPT, *fields), closes=closes)
