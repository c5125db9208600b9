"""A private chat that people own: ``chat serve``, ``chat connect``, or any IRC client.

A map of the package. Each line may import from the lines above it; ``client`` and ``server`` never import each other.

- ``errors``, ``casemap``, ``reading`` (files, without waiting for ever), ``config`` (what an administrator chooses, and
  the limits that protect somebody).
- ``protocol``: reads and writes IRC messages; the numerics.
- ``model``: the events, the state that results from them, and the rules: who may do what (``users``), who may know of
  a channel and join it (``channels``), who invites to it (``invitations``) and to the server (``server_invitations``),
  who keeps order (``moderation``, ``administration``; ``acts`` records it), who may read and write what
  (``messages``), edit it (``editing``, ``remarks``), and erase it (``redaction``), who sets and reads ``metadata``, and
  with which certificates an account signs in (``certificates``).
- ``storage``: the event log, and the history, which finds messages in it. ``sqlite`` collects events into batches,
  ``worker`` is the thread, ``writer`` (``Writer.write``) commits a batch. ``sqlite_search`` finds words in messages.
  ``README.md`` there explains.
- ``auth``: the password file; ``throttle`` computes how long a sign-in must wait after wrong passwords, and
  ``server/accounts`` makes it wait.
- ``server``: ``README.md`` there follows a message through the files. From the lowest layer up:

  - ``refusals``: the words of every refusal, and of every ERROR that ends a connection;
  - ``capabilities``, ``client_certificates`` (how TLS asks for them), ``gateways`` (whose word on an address counts),
    ``stamps`` (ids and times), ``redactions`` (keeps redacted text out of answers), ``finding`` (finds the message of a
    msgid), ``wire`` (what a session may ask of its connection), ``limits`` (token buckets, deadlines, fair queues),
    ``folder`` (the data folder: its files, certificate and backups);
  - ``delivery``: who hears an event (``presence``, ``monitors``, ``statuses``), how it reads (``announcements``,
    ``render``, ``multiline``, ``past``, ``heirs``), and one write;
  - ``proposals`` (proposes events to the log, applies stored events), ``accounts`` (signs people in and up),
    ``invitation_uses`` (uses invitations to sign up), ``inviting`` (makes them), ``roster`` (keeps the password file
    and the state in step), ``activity`` (the operational log), ``services`` (all these parts);
  - ``session``: the life of one connection, with its state table; ``registration``, ``replay``, ``receipts``;
  - ``commands``: one verb or close family per file; ``refuse`` answers a refused command;
  - ``edge``: sockets. ``listener`` looks at the first byte, ``entrance`` chooses what the connection becomes, and
    ``connection`` carries IRC lines and drops a slow reader;
  - ``watch`` (limits and deadlines of all sessions; drops the slowest readers when all together hold too much),
    ``control`` (answers ``chat status`` and others), ``app`` (chooses the parts), ``running`` (starts and stops them).

- ``client``: ``core`` (a session with a server), ``network`` (``keeper`` waits for a lost connection to come back;
  pinned keys), ``fronts`` (the menu, plain lines, one message). ``README.md`` there explains.
- ``cli``: the command ``chat``, one subcommand per file.

To add a command: one file in ``server/commands``, a row in its ``__init__``, its help in ``topics``, and in
``server/refusals`` a line for each new reason why it is refused. An event: its record in ``model/events``, its rule and
effect in a file of ``model``, and a row in ``server/delivery/announcements`` (and one in ``past``, if a channel's
history shows it). A capability: a bit and a row in ``server/capabilities``. A numeric: a line in
``protocol/numerics``; if it is an error, its words are a line in ``server/refusals``.

A module whose docstring begins with "Pure:" imports no clock, socket, event loop, random source or logging.
``tests/test_layout.py`` checks which module may import which, and which modules are pure.
"""

__version__ = "0.1.0"
