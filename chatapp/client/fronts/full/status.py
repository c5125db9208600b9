"""Pure: the title of a conversation, and the status line: the state of the connection in words."""

from __future__ import annotations

from chatapp.client.fronts.full import completing
from chatapp.client.fronts.full.boxes import Question
from chatapp.client.fronts.full.columns import buffer_name
from chatapp.client.fronts.full.offered import OFFERED_MAX, offered
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import Row, columns, cut, isolated, shown
from chatapp.client.fronts.person.questions import NOTHING

TYPING_NAMED_MAX = 3
NARROW = 30  # columns


def title_row(state: State, width: int, *, alone: bool, place: str = "") -> Row:
    """Return the row at the top; ``alone``: there is no left column, so it tells what is unread elsewhere.

    ``place``: which rows of a list are shown.
    """
    if state.box is not None:
        title = cut(state.box.title, width - columns(place) - 2) if place else state.box.title
        return [_filled(f"{title}{place:>{max(0, width - columns(title))}}", width)]
    if not state.signed_in:
        return [_filled(f"chat {shown(state.place)}", width)]
    buffer = state.buffer
    name = buffer_name(state, buffer)
    conversation = state.session.conversations.get(buffer.name) if buffer.name else None
    topic = shown(conversation.topic) if conversation is not None else ""
    if buffer.name and not buffer.is_channel:
        topic = "away" if state.is_away(buffer.name) else ""
    elsewhere = _elsewhere(state) if alone and width >= NARROW else ""
    room = width - (columns(elsewhere) + 1 if elsewhere else 0)
    text = cut(f"{name}  {topic}".rstrip(), max(room, 8))
    gap = " " * max(0, width - columns(text) - columns(elsewhere))
    return [*isolated([("title", text)]), ("title", gap + elsewhere)]


def _filled(text: str, width: int) -> tuple[str, str]:
    """Return a title as wide as the screen."""
    text = cut(text, width)
    return "title", text + " " * (width - columns(text))


def _elsewhere(state: State) -> str:
    """Return how much is unread in the other conversations."""
    others = [each for each in state.buffers.listed if each is not state.buffer]
    counts = [state.buffers.unread(each) for each in others]
    unread = sum(count for count, _ in counts)
    mentions = sum(count for _, count in counts)
    more = "+" if any(map(state.buffers.has_more, others)) else ""
    return f"{unread}{more} unread{f', {mentions} for you' if mentions else ''}" if unread else ""


def status_row(state: State, width: int) -> Row:
    """Return the status line."""
    if state.question is not None:
        return [("question", _question(state.question, width))]
    if state.hint:
        return [("status", cut(state.hint, width))]
    wordings = _connection(state)
    right = " ".join(_rest(state))
    if columns(wordings[-1]) + 2 + columns(right) > width:
        right = " ".join(_rest(state, short=True))
    room = width - (columns(right) + 2 if right else 0)
    left = cut(_longest(wordings, room), max(room, 0))
    return [("status", left + " " * max(0, width - columns(left) - columns(right)) + cut(right, width))]


def _longest(wordings: tuple[str, ...], room: int) -> str:
    """Return the first wording that fits, of wordings that become shorter; else the last one."""
    return next((each for each in wordings if columns(each) <= room), wordings[-1])


def _question(question: Question, width: int) -> str:
    """Return a question, which a narrow screen cuts, but not how to answer it; at the end, what it is about."""
    how = " ".join(each for each in ("y Enter, or n:" if question.refused else "[y/n]", shown(question.answer)) if each)
    text = cut(shown(question.text), max(width - columns(how) - 1, 0))
    return cut(f"{text} {how} {shown(question.about)}".strip(), width)


def _connection(state: State) -> tuple[str, ...]:
    """Return what stands at the left of the status line, in wordings that become shorter."""
    session = state.session
    hint = completing.command_hint(state.buffer.draft.text) if state.box is None else ""
    if hint and not state.offline:
        return (hint,)
    if state.leaving:
        return "Ctrl-C leaves at once. Your text is on its way.", "Ctrl-C leaves at once."
    refused = state.buffer.picked is not None and state.buffer.picked.why
    if (state.picked_text is not None or refused) and state.box is None:
        return (f"not sent: r {'to the input, y copy' if refused else 'resend'}, d drop, Esc",)
    if state.buffer.picked is not None and state.box is None:
        keys = [f"{key} {word}" for key, word in offered(session, state.buffer.picked).items()]
        first = " ".join([*keys[:OFFERED_MAX], "Esc"])
        return " ".join([first, *keys[OFFERED_MAX:]]), first
    if state.buffer.found is not None and not state.buffer.draft and state.box is None and not state.offline:
        words = list(offered(session, state.buffer.found).values())
        return f"F6 picks it: {', '.join(words[:OFFERED_MAX])}", "F6 picks it"
    if state.box is not None:
        chooses = state.box.prompt or state.box.has_choice
        return ("Enter chooses, Esc goes back" if chooses else "Up, Down, PgUp, PgDn; Esc goes back",)
    return connection(state)


def connection(state: State) -> tuple[str, ...]:
    """Return the state of the connection in words, in wordings that become shorter."""
    session = state.session
    if state.offline:
        wait = max(0, round(state.retry_at_s - state.now_s))
        begin = f"No connection, {f'again in {wait} s' if wait else 'trying again'}"
        whole = f"{begin} (/reconnect). {shown(state.offline)}"
        return whole, f"{begin} (/reconnect; why: /status)", f"{begin} (/reconnect)", begin, "No connection"
    if not state.signed_in:
        return ("Answer the question below." if state.asked != NOTHING else "Connecting ...",)
    if not session.signed_in:
        return ("Connecting ...",)
    where = f" at {shown(state.network)}" if state.network else ""
    begin = "Away (/away ends it)" if state.own_away else "Connected"
    return f"{begin} as {session.nick}{where}", f"{begin} as {session.nick}", begin, begin.partition(" ")[0]


def _rest(state: State, *, short: bool = False) -> list[str]:
    """Return what else the status line says, the most important first; ``short``: in few words."""
    buffer = state.buffer
    found = []
    if state.box is not None or not state.signed_in or (buffer.picked or state.picked_text) is not None:
        return []
    if buffer.anchor is not None:
        key = "End" if not buffer.draft else "PgDn" if buffer.draft.reply_to or buffer.draft.edits else "Esc"
        if buffer.below:
            found.append(f"{buffer.below} new below, {key}{'' if short else ' shows them'}")
        else:
            found.append(f"{'' if short else 'older messages, '}{key} shows the newest")
    if buffer.fetching or state.session.catching_up.active:
        found.append("fetching ...")
    typing = _typing(state)
    found += [typing] if typing else []
    if not found and not buffer.draft and not state.offline:
        found.append("F1 help")
    return found


def _typing(state: State) -> str:
    """Return who is typing in the conversation; empty: nobody is."""
    name = state.buffer.name
    typing = [shown(nick) for nick in state.session.conversations.typing(name, state.now_ms)] if name else []
    if not typing or not state.session.signed_in:
        return ""
    more = " and others" if len(typing) > TYPING_NAMED_MAX else ""
    return f"{', '.join(typing[:TYPING_NAMED_MAX])}{more} {'is' if len(typing) == 1 else 'are'} typing"


def summary(state: State) -> list[str]:
    """Return the state of everything in sentences: the connection, who is typing, what waits, what is unread."""
    buffer = state.buffer
    name = shown(buffer_name(state, buffer))
    state_words = connection(state)[0]
    found = [
        state_words if state_words.endswith((".", "?")) else f"{state_words}.",
        f"You are {'with' if buffer.name and not buffer.is_channel else 'in'} {name}.",
    ]
    typing = _typing(state)
    found += [f"{typing}."] if typing else []
    waiting = len(state.session.outbox.texts)
    found += [f"{waiting} of your texts {'waits' if waiting == 1 else 'wait'}."] if waiting else []
    unread = state.buffers.unread_words()
    read = "What was missed is being fetched." if state.session.catching_up.active else "Everything is read."
    return [*found, f"Unread: {shown(unread)}." if unread else read]
