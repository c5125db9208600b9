"""A private chat that people own: ``chat serve``, ``chat connect``, or any IRC client.

A map of the package. Each line may import from the lines above it; ``client`` and ``server`` never import each other.

- ``errors``, ``casemap``, ``counting``, ``reading`` (files, without waiting for ever), ``config`` (what an
  administrator chooses, and the limits that protect somebody).
- ``protocol``: reads and writes IRC messages; the numerics.
- ``model``: the events, the state that results from them (``tables``), and the rules: who may do what (``users``), who
  may know of a channel and join it (``channels``), who invites to it (``invitations``) and to the server
  (``server_invitations``), who is banned from it (``bans``, and until when: ``lapses``), who keeps order in it
  (``moderation``), who keeps order on the server and is banned from it (``administration``), who may read and write
  what (``messages``), edit it (``editing``, ``remarks``), and erase it (``redaction``), who sets and reads
  ``metadata``, and with which certificates and device tokens an account signs in (``certificates``, ``tokens``).
  ``acts`` notes in the ``record`` who kept order.
- ``storage``: the event log, and the history, which finds messages in it. ``sqlite`` collects events into batches,
  ``worker`` is the thread, ``writer`` (``Writer.write``) commits a batch and recognises a message that is sent again.
  ``sqlite_search`` finds words in messages. ``README.md`` there explains.
- ``auth``: the password file, which the server sees as a ``password_store``; ``throttle`` computes how long a sign-in
  must wait after wrong passwords, and ``server/accounts`` makes it wait.
- ``server``: ``README.md`` there follows a message through the files. From the lowest layer up:

  - ``refusals`` (a folder, a file per topic): the words of every refusal, and of every ERROR that ends a connection;
  - ``capabilities``, ``client_certificates`` (how TLS asks for them), ``gateways`` (whose word on an address counts),
    ``stamps`` (ids and times), ``redactions`` (keeps redacted text out of answers), ``finding`` (finds the message of a
    msgid), ``channel_looks`` and ``display_names`` (refuse names that look like another), ``joining`` (the commands
    with which people join the server), ``wire`` (what a session may ask of its connection), ``limits`` (token buckets,
    deadlines, fair queues), ``folder`` (the data folder: its files, certificate and backups);
  - ``delivery``: who hears an event (``presence``, ``monitors``, ``statuses``, ``arrivals``), how it reads
    (``announcements``, ``render``, ``multiline``, ``past``, ``heirs``), and one write;
  - ``proposals`` (proposes events to the log, applies stored events), ``lapses`` (tells that bans and mutes are over),
    ``accounts`` (signs people in and up), ``invitation_uses`` (uses invitations to sign up), ``roster`` (keeps the
    password file and the state in step), ``activity`` (the operational log), ``services`` (all these parts),
    ``administrating`` (what administrators do), ``inviting`` (makes invitations);
  - ``session``: the life of one connection, with its state table; ``registration``, ``replay``, ``receipts``;
  - ``commands``: one verb or close family per file; ``refuse`` answers a refused command;
  - ``edge``: sockets. ``listener`` looks at the first byte (TLS or not). ``entrance`` chooses what the connection
    becomes; for that, ``http_or_irc`` looks at the first bytes inside. ``connection`` carries IRC lines and drops a
    slow reader, ``websocket`` does so for browsers, and ``http`` answers with what ``site`` has (``files`` reads the
    page, ``scripts`` joins its modules);
  - ``watch`` (ends sessions that are silent, late or flooding, with the tools of ``limits``; drops the slowest readers
    when all together hold too much), ``control`` (answers ``chat status`` and others), ``app`` (chooses the parts),
    ``running`` (starts and stops them).

- ``client``: ``core`` (a session with a server), ``network`` (``keeper`` waits for a lost connection to come back;
  pinned keys), ``fronts`` (the full screen, also as a stream of lines, the menu, plain lines, one message, for scripts,
  for Python). ``README.md`` there explains.
- ``cli``: the command ``chat``, one subcommand per file.
- ``web``: the files of the web page. They are data for ``server/edge/files``, and no Python.

What an addition touches. Tests name most of what is forgotten. In ``tests``, a command also has its file
``server/commands/test_<verb>.py`` and rows in ``CASES`` (``secret_cases``) and, if it stores something, in ``LINES``
(``test_two_servers``); an event has rows in ``STORED`` (``test_events``), ``RULES`` (``test_policy``) and ``_KINDS``
(``test_replay``), and in ``NAMING`` (``test_policy``) if its fields name a user.

- A command: its file and its row (``__init__``) in ``server/commands``, its help in ``topics`` there, in the same
  order, and its line in the table of ``server/README.md``.
- An event:

  - its record in ``model/events`` (in ``account_events`` if it is about how accounts sign in, in ``server_events`` if
    it is about the whole server; ``events`` imports these), and its place in the union ``AnyEvent`` there;
  - its rule and effect in a file of ``model``, with a row in ``STEPS`` (``model/state`` adds the ``STEPS`` of each
    file); if the effect notes an act (``note_act``), the act's words are in ``cli/acts``;
  - what proposes it: mostly the file of a command, with ``server/proposals``;
  - its renderer in ``server/delivery/render``, and its row in ``announcements``; without a row, it is in ``SILENT``
    (nobody is told) or ``TOLD_OTHERWISE`` in ``tests/server/test_tables.py``;
  - if a channel's history shows it: ``CHANNEL_EVENTS`` and the union ``ChannelEvent`` in ``model/events``, which are
    equal, and a row in ``server/delivery/past``; its body is empty for a client that gets no line live.

- A reason for which the model refuses an event: a ``Reason`` in ``model/outcome``, and a row in
  ``server/commands/refuse``, or an answer in the file of the only command that gets it.
- A refusal: its words are a line in a file of the folder ``server/refusals``.
- A capability: its bit (any free one, such as 38: only sessions keep bits) and its row, in the order of the names, in
  ``server/capabilities``; its name in the list of ``server/README.md``; and its case in
  ``tests/server/capability_cases.py``. If it changes a line to a channel, it is also in ``EVENT_PROFILE``: otherwise
  nobody gets its line. If it has a command, this is also in ``OF_VERBS``: then its clients get FAIL.
- A numeric: a line in ``protocol/numerics``. If it is an error, its words are a line in ``server/refusals``.

A module whose docstring, or that of a package around it, begins with "Pure:" imports no clock, socket, event loop,
random source or logging. ``tests/test_purity.py`` checks that; ``tests/test_layout.py`` checks which module may import
which.

``DESIGN R1`` to ``DESIGN R9`` in comments are the rules that the product keeps: ``tests/scripts/r1-*.txt`` to
``r9-*.txt`` show each of them.
"""

__version__ = "0.1.0"
