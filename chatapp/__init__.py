"""A private chat that people own: ``chat serve``, ``chat connect``, or any IRC client.

A map of the package, from the lowest layer up:

- ``errors``, ``casemap`` and ``config`` import nothing from the layers above them.
- ``protocol`` (pure) reads and writes IRC messages.
- ``model`` (pure) has the events, the state that results from them, and the rules of who may do what.
- ``storage`` is the event log on disk, and the history: queries for messages in the log.
- ``auth`` has the passwords, and slows down guessing.
- ``server``, also from the lowest layer up: ``limits`` (token buckets, deadlines, fair queues), ``delivery`` (the
  recipients of an event, and its lines), ``proposals`` (proposing events to the log, applying stored events),
  ``accounts``, ``session`` (the life of one connection), ``commands`` (one file per verb; the texts of refusals),
  ``edge`` (sockets: the port, the first bytes, TLS), ``watch`` (deadlines of all sessions), ``control`` (``chat
  status``), ``app`` (choosing, starting and stopping the parts). ``folder`` is the data folder: its files, certificate
  and backups.
- ``client`` imports only ``protocol`` and the lowest layer: ``core`` (a session, pure), ``network`` (a connection that
  reconnects, pinned keys), ``fronts`` (the menu, plain lines, one message).
- ``cli`` is the command ``chat`` with its subcommands.

``tests/test_layout.py`` checks which module may import which, and which modules are pure.
"""

__version__ = "0.1.0"
