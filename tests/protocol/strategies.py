"""Messages that can be written, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from chatapp.protocol.message import Message

_UNSENDABLE = "\0\r\n"
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=_UNSENDABLE), max_size=40)
middle = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=_UNSENDABLE + " "), min_size=1, max_size=20
).filter(lambda word: word[0] != ":")
verb = st.from_regex(r"[A-Z]{1,12}|[0-9]{3}", fullmatch=True)
tag_key = st.from_regex(r"\+?([a-z][a-z0-9.]{0,8}/)?[A-Za-z0-9-]{1,12}", fullmatch=True)
tag_value = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@st.composite
def _messages(draw: st.DrawFn) -> Message:
    params = draw(st.lists(middle, max_size=6))
    if draw(st.booleans()):
        params.append(draw(text))
    return Message(draw(verb), params, draw(st.none() | middle), draw(st.dictionaries(tag_key, tag_value, max_size=4)))


messages = _messages()
