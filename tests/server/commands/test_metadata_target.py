"""METADATA: the targets, the keys, and the codes of refusals.

Spec: IRCv3 draft/metadata-2, draft/metadata-3.
"""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "three", "two"),
    [
        ("METADATA", "INVALID_PARAMS *", None),
        ("METADATA #room", "INVALID_PARAMS *", None),
        ("METADATA #room GET", "INVALID_PARAMS GET", None),
        ("METADATA * SET", "INVALID_PARAMS SET", None),
        ("METADATA * SET url a b", "INVALID_PARAMS SET", None),
        ("METADATA * LIST url", "INVALID_PARAMS LIST", None),
        ("METADATA * CLEAR url", "INVALID_PARAMS CLEAR", None),
        ("METADATA * sub", "INVALID_PARAMS SUB", None),
        ("METADATA * UNSUB", "INVALID_PARAMS UNSUB", None),
        ("METADATA * SUBS x", "INVALID_PARAMS SUBS", None),
        ("METADATA * SYNC x", "INVALID_PARAMS SYNC", None),
        ("METADATA #room SNEEZE", "INVALID_PARAMS SNEEZE", "SUBCOMMAND_INVALID SNEEZE"),
        ("METADATA #room :: hi!", "INVALID_PARAMS *", "SUBCOMMAND_INVALID *"),
        ("METADATA foobar LIST", "INVALID_TARGET foobar", None),
        ("METADATA #none SET url :x", "INVALID_TARGET #none", None),
        ("METADATA $a:user SET url :x", "INVALID_TARGET $a:user", None),
        ("METADATA *ALL LIST", "INVALID_TARGET *ALL", None),
        ("METADATA bob SUB url", "INVALID_TARGET bob", None),
        ("METADATA bob UNSUB url", "INVALID_TARGET bob", None),
        ("METADATA #room SUBS", "INVALID_TARGET #room", None),
        ("METADATA foobar SYNC", "INVALID_TARGET foobar", None),
        ("METADATA * SET $url$ :x", "INVALID_KEY $url$", "KEY_INVALID $url$"),
        ("METADATA * SET Url :x", "INVALID_KEY Url", "KEY_INVALID Url"),
        ("METADATA * SET urlé :x", "INVALID_KEY urlé", "KEY_INVALID urlé"),
        ("METADATA * SET a:b :x", "INVALID_KEY a:b", "KEY_INVALID a:b"),
        (f"METADATA * SET {'k' * 65} :x", f"INVALID_KEY {'k' * 65}", f"KEY_INVALID {'k' * 65}"),
        (f"METADATA * SET url :{'x' * 301}", "INVALID_VALUE url", "VALUE_INVALID"),
        (f"METADATA * SET url :{'é' * 151}", "INVALID_VALUE url", "VALUE_INVALID"),
        (f"METADATA * SET url :{chr(2) * 250}", "INVALID_VALUE url", "VALUE_INVALID"),
        ("METADATA * SET display-name :\u202eevil", "INVALID_VALUE display-name", "VALUE_INVALID"),
        ("METADATA #room SET soju.im/pinned yes", "INVALID_VALUE soju.im/pinned", "VALUE_INVALID"),
    ],
)
def test_mistakes(room, line, three, two):
    """Each is answered by one FAIL, with the code of the draft that the client knows, and nothing is stored."""
    stored = len(room.disk.rows)
    for name, wanted in (("alice", three), ("bob", two or three)):
        (heard,) = room.actors[name].ask(line.replace("bob SUB", "carol SUB").replace("bob UNSUB", "carol UNSUB"))
        assert heard.startswith(f":s FAIL METADATA {wanted.replace('bob', 'carol')} :"), heard
    assert len(room.disk.rows) == stored
