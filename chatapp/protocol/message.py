"""One line of IRC as a record, read from bytes and written to bytes.

::

    ['@' tags SPACE] [':' source SPACE] verb *(SPACE middle) [SPACE ':' trailing]

Spec: modern-irc, "Message Format"; IRCv3 message-tags, "Format", "Escaping values" and "Size limit".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from chatapp.errors import LineTooLongError, MalformedLineError, NotUtf8Error, UnknownVerbError

LINE_BYTES_MAX = 512  # of a line without its tags, CR LF counted
CLIENT_TAG_BYTES_MAX = 4094  # between the '@' and the space after the tags
CLIENT_LINE_BYTES_MAX = CLIENT_TAG_BYTES_MAX + 2 + LINE_BYTES_MAX
SERVER_LINE_BYTES_MAX = 8191 + LINE_BYTES_MAX

_BODY_BYTES_MAX = LINE_BYTES_MAX - len(b"\r\n")
_BEFORE_THE_VERB = frozenset({"@", ":"})  # how tags and a source begin
_USUAL_VERBS = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "PING", "PONG"})  # which are verbs, and in upper case
_SECRET_VERBS = frozenset({"PASS", "PASSWD", "AUTHENTICATE", "REGISTER", "OPER"})

# "any characters except NUL, CR, LF, semicolon and SPACE", and what would end the key
_TAG_KEY = re.compile(r"[^\0\r\n;= ]+")
_TAG_ESCAPES = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_TAG_ESCAPE_TABLE = str.maketrans(_TAG_ESCAPES)
_TAG_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_TAG_UNESCAPES = {escape[1]: char for char, escape in _TAG_ESCAPES.items()}


class Message(msgspec.Struct, gc=False):
    """One message: ``verb`` (upper case), ``params``, ``source`` (without ':'; None for none), ``tags`` (unescaped).

    A list given as ``params`` and a dict given as ``tags`` are kept, not copied.
    """

    verb: str
    params: list[str] = []
    source: str | None = None
    tags: dict[str, str] = {}

    @property
    def nick(self) -> str:
        """The source up to its user and host; empty where the line has no source."""
        return "" if self.source is None else self.source.partition("!")[0].partition("@")[0]

    def param(self, index: int, default: str = "") -> str:
        """Return the parameter at ``index`` (from 0), or ``default`` where the line has fewer."""
        params = self.params
        return params[index] if 0 <= index < len(params) else default

    def __repr__(self) -> str:
        params = "[...]" if self.verb in _SECRET_VERBS else repr(self.params)
        return f"Message({self.verb!r}, {params}, source={self.source!r}, tags={self.tags!r})"


def parse(line: bytes) -> Message:
    """Read one line, given without its line end, as anyone may send it.

    Raises LineTooLongError over SERVER_LINE_BYTES_MAX, NotUtf8Error, and MalformedLineError where there is no verb,
    an empty source, or a NUL, CR or LF (UnknownVerbError where the verb has other characters than a verb may have).

    Spec: modern-irc, "Message Format".
    """
    if len(line) > SERVER_LINE_BYTES_MAX - 2:
        raise LineTooLongError(f"The line has {len(line)} bytes; {SERVER_LINE_BYTES_MAX - 2} is the most there can be.")
    return _parse(line)


def parse_client(line: bytes) -> Message:
    """Read one line, given without its line end, as a client may send it to a server.

    Raises LineTooLongError when the tags or the rest are over the limit of their own; else as :func:`parse`.

    Spec: IRCv3 message-tags, "Size limit": "Servers MUST NOT truncate tags and MUST always reject lines that
    exceed this limit."
    """
    if len(line) > _BODY_BYTES_MAX:
        _check_parts(line)
    return _parse(line)


def client_tags(line: bytes) -> dict[str, str]:
    """Read the tags of a client's line that :func:`parse_client` refuses, for the answer; none where they are at fault.

    Spec: IRCv3 labeled-response: "For any message received from a client that includes this tag, the server MUST
    include the same tag and value in any response".
    """
    head, _, _ = line.partition(b" ")
    if head[:1] != b"@" or len(head) > 1 + CLIENT_TAG_BYTES_MAX:
        return {}
    try:
        text = head[1:].decode()
    except UnicodeDecodeError:
        return {}
    return {} if "\0" in text or "\r" in text else _parse_tags(text)


def _check_parts(line: bytes) -> None:
    """Raise LineTooLongError where the tags of a client's line, or the rest, are too long."""
    body = line
    if line[:1] == b"@":
        tag_data, _, body = line[1:].partition(b" ")
        if len(tag_data) > CLIENT_TAG_BYTES_MAX:
            raise LineTooLongError(
                f"The tags have {len(tag_data)} bytes; {CLIENT_TAG_BYTES_MAX} are allowed. Nothing was sent."
            )
    if len(body) > _BODY_BYTES_MAX:
        raise LineTooLongError(
            f"The line has {len(body)} bytes; {_BODY_BYTES_MAX} are allowed. Nothing was sent: say it in parts."
        )


def _parse(line: bytes) -> Message:
    """Read one line whose length is known to be right."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8Error(
            f"The line is not UTF-8 (at byte {error.start}). Set the client's encoding to UTF-8."
        ) from None
    # "any characters except NUL, CR, LF": some clients take a CR alone for the end of a line, so it must not pass.
    if "\0" in text or "\r" in text or "\n" in text:
        raise MalformedLineError("The line has a NUL, CR or LF in it.")
    source, tags = None, None
    if text[:1] in _BEFORE_THE_VERB:
        source, tags, text = _parse_prefixes(text)
    # "separated by one or more ASCII SPACE characters": other white space is part of a word.
    head, colon, trailing = text.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
        if not words:
            raise MalformedLineError("The line has no command.")
    verb = words.pop(0)
    if verb not in _USUAL_VERBS:
        # "command ::= letter* / 3digit"
        if not verb.isascii() or not (verb.isalpha() or (len(verb) == 3 and verb.isdigit())):
            raise UnknownVerbError(verb)
        verb = verb.upper()
    if colon:
        words.append(trailing)
    return Message(verb, words) if source is None and tags is None else Message(verb, words, source, tags or {})


def _parse_prefixes(text: str) -> tuple[str | None, dict[str, str] | None, str]:
    """Read tags and source, where there are any; the rest begins with the verb."""
    tags: dict[str, str] | None = None
    source: str | None = None
    if text[:1] == "@":
        tag_text, _, text = text[1:].partition(" ")
        tags = _parse_tags(tag_text)
        text = text.lstrip(" ")
    if text[:1] == ":":
        source, _, text = text[1:].partition(" ")
        if not source:
            raise MalformedLineError("The line has a ':' with no source after it.")
        text = text.lstrip(" ")
    return source, tags, text


def _parse_tags(text: str) -> dict[str, str]:
    """Read tags; of a key that comes twice the last one counts, as the specification has it."""
    tags: dict[str, str] = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescape_tag(value) if "\\" in value else value
    return tags


def unescape_tag(value: str) -> str:
    r"""Read a tag's value; a ``\`` before any other character, or at the end, is dropped.

    Spec: IRCv3 message-tags, "Escaping values".
    """
    return _TAG_ESCAPED.sub(lambda match: _TAG_UNESCAPES.get(match[1], match[1]), value)


def escape_tag(value: str) -> str:
    """Write a tag's value.

    Spec: IRCv3 message-tags, "Escaping values".
    """
    return value.translate(_TAG_ESCAPE_TABLE)


def format_tags(tags: Mapping[str, str]) -> str:
    """Write tags (values unescaped), in their order, without the '@' before and the space after.

    Raises MalformedLineError for a key that cannot be written.
    """
    parts = []
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            raise MalformedLineError("A tag's name is empty or has a space, ';', '=', NUL, CR or LF in it.")
        parts.append(f"{key}={escape_tag(value)}" if value else key)
    return ";".join(parts)


def serialize(message: Message) -> bytes:
    """Write a message as one line with CR LF; lengths are the caller's to check.

    Raises MalformedLineError for what would not be read back as the same message: a NUL, CR or LF, a verb that is
    none, a source or a parameter before the last that is empty, has a space or (parameters) begins with ':'.

    Spec: modern-irc, "Parameters": "Parameters that contain spaces, are empty, or begin with a ':' character MUST be
    sent with a preceding ':'".
    """
    verb = message.verb
    if not verb.isascii() or not (verb.isalpha() or (len(verb) == 3 and verb.isdigit())):
        raise MalformedLineError("A command is letters, or three digits.")
    parts = []
    if message.tags:
        parts.append("@" + format_tags(message.tags))
    if message.source is not None:
        if not message.source or " " in message.source:
            raise MalformedLineError("A source is not empty and has no space.")
        parts.append(":" + message.source)
    parts.append(verb)
    if message.params:
        parts += _middles(message.params)
        last = message.params[-1]
        parts.append(":" + last if not last or last[0] == ":" or " " in last else last)
    text = " ".join(parts)
    if "\0" in text or "\r" in text or "\n" in text:
        raise MalformedLineError("A message cannot hold NUL, CR or LF.")
    try:
        return text.encode() + b"\r\n"
    except UnicodeEncodeError:
        raise MalformedLineError("A message holds half a character (a lone surrogate).") from None


def _middles(params: Sequence[str]) -> Sequence[str]:
    """Return all parameters but the last, each checked to be readable where it stands."""
    middles = params[:-1]
    for param in middles:
        if not param or param[0] == ":" or " " in param:
            raise MalformedLineError("Only the last parameter can be empty, have a space or begin with ':'.")
    return middles
