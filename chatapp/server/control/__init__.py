"""The control socket: how ``chat status`` and its like ask the server that runs on a data folder.

The socket is the file ``control`` in the data folder, mode 0600: only the user who owns it (and root) can connect, so a
request needs no password. A connection carries one request and one answer, each a JSON object on one line:

``{"request": "status", ...arguments}`` is answered with ``{"ok": {...}}``, or with ``{"error": "..."}`` in plain words.

``requests.py`` has the table of requests, ``listener.py`` is the server's end, ``asking.py`` is the other end, and
``place.py`` reaches a socket whose path is too long for the system.
"""
