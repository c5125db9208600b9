"""A number agrees with its noun."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from chatapp.counting import counted

# `f"{count} accounts"` says "1 accounts" one day. What cannot be 1 has its reason here.
NEVER_ONE = {
    "chatapp/cli/status.py": {"connections from"},  # only of several
    "chatapp/server/activity.py": {"connections now"},  # only beside another connection
    "chatapp/server/edge/listener.py": {"connections say nothing"},  # a limit in config
    "chatapp/server/folder/precautions.py": {"days"},  # one is "within a day"
    "chatapp/server/session/registration.py": {"connections and cannot"},  # a limit in config
    "chatapp/server/watch.py": {"connections"},  # limits in config
}
COUNTED = re.compile(r" (accounts|connections|guests|days|lines were|messages and changes)\b")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 accounts"), (1, "1 account"), (2, "2 accounts"), (1_000, "1000 accounts")]
)
def test_counted(number, text):
    """Only one of something is singular."""
    assert counted(number, "account") == text


def test_no_text_has_a_plural_after_any_number():
    """What the server and its commands say never reads "1 accounts": :func:`counted` writes the number."""
    root = Path(__file__).parent.parent
    found = []
    for path in sorted([*(root / "chatapp/server").rglob("*.py"), *(root / "chatapp/cli").rglob("*.py")]):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            for before, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(before, ast.FormattedValue) and isinstance(after, ast.Constant):
                    text = str(after.value)
                    if COUNTED.match(text) and not any(
                        text.strip().startswith(words) for words in NEVER_ONE.get(name, ())
                    ):
                        found.append((name, text))
    assert not found, "\n".join(map(str, found))


def test_a_refusal_gets_its_time_with_the_noun():
    """A wait may be a second, so the words of a refusal leave the noun to ``refusals.seconds``."""
    texts = [path.read_text() for path in (Path(__file__).parent.parent / "chatapp/server/refusals").glob("*.py")]
    assert [found for text in texts for found in re.findall(r"\{\w+\} (?:seconds|minutes|hours|days)\b.*", text)] == []
