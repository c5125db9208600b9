"""The web page for people who open the server in a browser: what it is, and how to join."""

from __future__ import annotations

import re

from chatapp import __version__
from chatapp.server import joining
from chatapp.server.edge.one_shot import OneShot
from chatapp.server.services import Services

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE ", b"PRI ")
_HEAD_BYTES_MAX = 16 * 1024
_HOST = rb"(?:\[([0-9A-Fa-f:.]{2,64})\]|([A-Za-z0-9.-]{1,255}))(?::([0-9]{1,5}))?"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>body{{font:1.1em/1.5 system-ui,sans-serif;max-width:38em;margin:3em auto;padding:0 1em}}
pre{{background:#8882;padding:.7em 1em;white-space:pre-wrap;overflow-wrap:anywhere}}</style>
<h1>{name}</h1>
<p>This is a private chat, run with <b>chatapp</b>. It is not a web site: join it with a chat client. Paste the lines of
yours; in those for IRC clients, put your own name and password for NAME and PASSWORD.</p>
<h2>chatapp</h2>
<pre>{chat}</pre>
<p>Who runs this server has chatapp as one file, and can give it to you.</p>
<h2>irssi</h2>
<pre>{irssi}</pre>
<h2>WeeChat 4 or later</h2>
<pre>{weechat}</pre>
<h2>WeeChat 3</h2>
<pre>{weechat_3}</pre>
<h2>Any other IRC client</h2>
<p>Server <b>{host}</b>, port <b>{port}</b>{tls}. Sign in with SASL (PLAIN), or with the server password
<code>name:password</code>.</p>
<h2>No account yet?</h2>
<p>{sign_up}</p>
<h2>Is it the right server?</h2>
<p>The long codes above are fingerprints of its key. Ask who runs it whether <code>chat serve</code> shows this one:</p>
<pre>{fingerprint}</pre>
</html>
"""

_SIGN_UP = """chatapp offers to make it. In an IRC client, connect without a password and send
<code>/quote REGISTER NAME * PASSWORD</code>: that makes the account NAME and signs you in. For example, in irssi:</p>
<pre>{irssi}</pre>
<p>Then paste the lines above."""
_NO_SIGN_UP = "Ask who runs this server for one."


def looks_like_http(data: bytes) -> bool:
    """Return whether ``data`` begins an HTTP request. No IRC command has the name of an HTTP method."""
    return data.startswith(_METHODS)


def may_become_http(data: bytes) -> bool:
    """Return whether ``data`` is an incomplete HTTP method, so that more bytes are needed to tell."""
    return any(len(data) < len(method) and method.startswith(data) for method in _METHODS)


class HttpPage(OneShot):
    """Answers one request, with the page or an error, and closes the connection.

    Spec: RFC 9112; every answer has ``Connection: close``.
    """

    def __init__(self, services: Services, port: int, tls: bool) -> None:
        super().__init__(services)
        self._port = port
        self._tls = tls
        self._head = b""

    def data_received(self, data: bytes) -> None:
        """Collect the head of the request, then answer (called by the event loop)."""
        if self.answered:
            return
        self._head += data
        head = self._head[:_HEAD_BYTES_MAX]  # later bytes are ignored, so the answer never depends on packet sizes
        if b"\r\n\r\n" in head or b"\n\n" in head:
            self.answer(self._page())
        elif len(head) == _HEAD_BYTES_MAX:
            self.answer(_simple("431 Request Header Fields Too Large", "The request is too long.\n"))

    def _page(self) -> bytes:
        method, _, rest = self._head.partition(b" ")
        if method not in (b"GET", b"HEAD"):
            return _simple(
                "405 Method Not Allowed", "This address has one page; ask for it with GET.\n", "Allow: GET, HEAD\r\n"
            )
        path = rest.split(b" ", 1)[0].split(b"?", 1)[0]
        if path not in (b"/", b"/index.html"):
            return _simple("404 Not Found", "There is one page here: /\n")
        host, port = self._host_asked_for()
        keys = self.services.keys()
        shown = {
            "name": self.services.config.network_name,
            "host": host,
            "port": str(port),
            "tls": " (TLS)" if self._tls or self.services.config.plaintext != "any" else "",
            "chat": joining.chat_connect(host, port, keys),
            "irssi": "\n".join(joining.irssi(host, port, keys)),
            "weechat": "\n".join(joining.weechat(host, port, keys)),
            "weechat_3": "\n".join(joining.weechat(host, port, keys, before_4=True)),
            "fingerprint": keys.public_key,
        }
        sign_up = _SIGN_UP if self.services.settings.sign_up == "open" else _NO_SIGN_UP
        lines = "\n".join(joining.irssi_sign_up(host, port, keys))
        import html  # imported only here, so that a start is faster

        escaped = {name: html.escape(text) for name, text in shown.items()}
        body = _PAGE.format(**escaped, sign_up=sign_up.format(irssi=html.escape(lines))).encode()
        head = _head("200 OK", "text/html; charset=utf-8", len(body))
        return head if method == b"HEAD" else head + body

    def _host_asked_for(self) -> tuple[str, int]:
        """Return the host and port of the request's ``Host`` field, or the server's own if it has no valid one.

        The port differs from the server's if it is forwarded.
        """
        for line in self._head.split(b"\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"host":
                found = re.fullmatch(_HOST, value.strip())
                if found is not None and (port := int(found[3] or self._port)) <= 65535:
                    return (found[1] or found[2]).decode(), port
        return self.services.host, self._port


def _head(status: str, kind: str, length: int, extra: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nServer: chatapp/{__version__}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nX-Content-Type-Options: nosniff\r\n"
        f"Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\n{extra}Connection: close\r\n\r\n"
    ).encode()


def _simple(status: str, text: str, extra: str = "") -> bytes:
    return _head(status, "text/plain; charset=utf-8", len(text.encode()), extra) + text.encode()
