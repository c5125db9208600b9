"""The control socket, through which ``chat status`` and similar commands ask a running server.

The socket is the file ``control`` in the server's data folder, with mode 0600. Only the user who owns the file (and
root) can connect, so a request needs no password.

A connection carries one request and one answer, each a JSON object on one line. The answer to
``{"request": "status", ...arguments}`` is ``{"ok": {...}}``, or ``{"error": "..."}`` with a text for people.

``requests.py`` has the table of requests, ``listener.py`` is the server's end, ``asking.py`` is the client's end, and
``place.py`` binds and connects sockets whose path is too long for the system.
"""
