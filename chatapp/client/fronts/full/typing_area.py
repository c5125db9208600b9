"""Pure: the input at the bottom: the text that is typed, or the question of the sign-in with its answer."""

from __future__ import annotations

from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import Row, columns, end_of, graphemes, isolated, slices
from chatapp.client.fronts.person.questions import NOTHING
from chatapp.client.fronts.printable import printable

PROMPT = "> "


def _lines(draft: Draft, prompt: str, width: int) -> list[tuple[int, int]]:
    return slices(draft.text, max(1, width - columns(prompt) - 1))


def _open(state: State) -> tuple[str, Draft] | None:
    """Return the prompt and the text of the input; None for a question."""
    if state.asked != NOTHING:
        return None
    if state.box is not None and state.box.prompt:
        return f"{state.box.prompt} ", state.box.query
    draft = state.buffer.draft
    if draft.edits:
        return "edit> ", draft
    prompt = "reply> " if draft.reply_to else PROMPT
    return (prompt.replace(">", ":") if state.settings.keys == "vi" and state.vi.normal else prompt), draft


def height(state: State, width: int) -> int:
    """Return how many rows the input needs."""
    found = _open(state)
    return 1 if found is None else len(_lines(found[1], found[0], width))


def rows(state: State, width: int, most: int) -> tuple[list[Row], tuple[int, int]]:
    """Return the rows of the input, ``most`` of them, and the place of the cursor: row and column."""
    found = _open(state)
    if found is None:
        question = state.asked
        answer = "" if question.hidden else printable(state.secret.text)
        text = end_of(question.prompt + answer, width - 1)
        return [[("prompt", text)], *[[] for _ in range(most - 1)]], (0, columns(text))
    drawn, cursor = laid_out(*found, width, most)
    return drawn + [[] for _ in range(most - len(drawn))], cursor


def laid_out(prompt: str, draft: Draft, width: int, most: int) -> tuple[list[Row], tuple[int, int]]:
    """Return the rows of a text after its prompt, at most ``most``, and the place of the cursor: row and column."""
    lines = _lines(draft, prompt, width)
    at = next(row for row in range(len(lines) - 1, -1, -1) if lines[row][0] <= draft.at or not row)
    first = max(0, min(at - most + 1 if at >= most else 0, len(lines) - most))
    indent = " " * columns(prompt)
    drawn: list[Row] = []
    for number in range(first, min(first + most, len(lines))):
        begin, end = lines[number]
        head = ("prompt", prompt) if not number else ("", indent)
        text = "".join(printable(each) for each in graphemes(draft.text[begin:end]))
        drawn.append([head, *isolated([("", text)])])
    begin, end = lines[at]
    column = columns(prompt) + columns(draft.text[begin : min(draft.at, end)])
    return drawn, (at - first, min(column, width - 1))
