"""Pure: the page for people who join with a chat client: the lines to paste into each of them."""

from __future__ import annotations

import html
from typing import NamedTuple

from chatapp.config import SignUp
from chatapp.server import joining
from chatapp.server.joining import Keys

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<link rel="stylesheet" href="{assets}/clients.css">
<h1>{name}</h1>
<p>This is a private chat, run with <b>chatapp</b>. {browser} Paste the lines of yours; in those for IRC clients, put
your own name and password for NAME and PASSWORD.</p>
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
<code>/quote REGISTER NAME * PASSWORD</code>: that makes the account NAME and signs you in. In irssi, paste
these lines before the lines above:</p>
<pre>{irssi}</pre>
<p>In WeeChat 4 or later, paste these lines in the place of the lines above, one at a time:</p>
<pre>{weechat}</pre>
<p>In WeeChat 3:</p>
<pre>{weechat_3}</pre>
<p>A message about the sign-in that comes before <code>REGISTER</code> can be ignored."""
_INVITED = """You need an invitation, a link from somebody who is here. Ask who runs this server if you know nobody.
{browser}In chatapp, paste the link behind <code>chat connect</code>. In an IRC client, connect without a password, send
<code>/quote INVITATION LINK</code>, and then <code>/quote REGISTER NAME * PASSWORD</code>."""
_NO_SIGN_UP = "Ask who runs this server for one."
_BROWSER = 'Chat <a href="/">in this browser</a>, or join with a chat client.'
_INVITED_BROWSER = "Open the link in a browser, pick a name and a password, and talk. "
_NO_BROWSER = "Join it with a chat client."


class Shown(NamedTuple):
    """What the page shows: the address as the browser knows it, and what people may do there."""

    network: str
    host: str
    port: int
    keys: Keys
    tls: bool  # whether clients must use TLS
    sign_up: SignUp
    in_browser: bool  # whether there is a page to chat in
    assets: str  # the path of the style sheet


def clients_page(shown: Shown) -> str:
    """Return the page (HTML)."""
    host, port, keys = shown.host, shown.port, shown.keys
    texts = {
        "name": shown.network,
        "host": host,
        "port": str(port),
        "tls": " (TLS)" if shown.tls else "",
        "assets": shown.assets,
        "chat": joining.chat_connect(host, port, keys.public_key),
        "irssi": "\n".join(joining.irssi(host, port, keys)),
        "weechat": "\n".join(joining.weechat(host, port, keys)),
        "weechat_3": "\n".join(joining.weechat(host, port, keys, before_4=True)),
        "fingerprint": keys.public_key,
    }
    sign_up = {
        "irssi": joining.irssi_sign_up(host, port, keys),
        "weechat": joining.weechat_sign_up(host, port, keys),
        "weechat_3": joining.weechat_sign_up(host, port, keys, before_4=True),
    }
    escaped = {name: html.escape("\n".join(lines)) for name, lines in sign_up.items()}
    account = {
        "open": _SIGN_UP.format(**escaped),
        "invite": _INVITED.format(browser=_INVITED_BROWSER if shown.in_browser else ""),
        "closed": _NO_SIGN_UP,
    }
    return _PAGE.format(
        **{name: html.escape(text) for name, text in texts.items()},
        browser=_BROWSER if shown.in_browser else _NO_BROWSER,
        sign_up=account[shown.sign_up],
    )
