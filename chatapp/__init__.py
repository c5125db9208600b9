"""A private chat that people own: ``chat serve``, ``chat connect``, or any IRC client.

The map of the package, from the bottom up. ``errors``, ``casemap`` and ``config`` know nothing of the rest.
``protocol`` is IRC as text; ``model`` has the events, the state they add up to, and who may do what. Both are pure.
``storage`` keeps the events on disk, and finds messages among them; ``auth`` keeps the passwords, and slows down who
guesses them. ``cli`` is the command ``chat`` with its subcommands.

``server``, from the bottom up: ``limits`` (token buckets, deadlines, fair queues), ``delivery`` (who is told what, and
how it reads), ``proposals`` (events on their way to the log and back), ``accounts``, ``session`` (the life of one
connection), ``commands`` (one verb a file; the words of refusals), ``edge`` (sockets: the port, the first bytes, TLS),
``watch`` (deadlines of all sessions), ``control`` (``chat status``), ``app`` (which parts are chosen). ``folder`` is
the data folder: its files, certificate and backups.

``client`` knows ``protocol`` alone: ``core`` (a session, pure), ``network`` (a connection that comes back, pinned
keys), ``fronts`` (the menu, plain lines, one message).

``tests/test_layout.py`` holds who may import whom, and what is pure.
"""

__version__ = "0.1.0"
