"""A private chat that people own: ``chat serve``, ``chat connect``, or any IRC client.

The map of the package, from the bottom up. ``errors`` and ``config`` know nothing of the rest. ``protocol`` is IRC as
text, ``model`` the facts and the state they add up to; both are pure. ``storage`` keeps the facts on disk, ``auth`` the
passwords. ``server`` runs sessions over all of these; ``client`` builds on ``protocol`` alone. ``cli`` is the command
``chat`` with its subcommands. ``tests/test_layout.py`` holds who may import whom.
"""

__version__ = "0.1.0"
