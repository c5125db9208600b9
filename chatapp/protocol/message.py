"""The record of one IRC line; parses it from bytes and serializes it to bytes.

::

    ['@' tags SPACE] [':' source SPACE] verb *(SPACE middle) [SPACE ':' trailing]

Spec: modern-irc, "Message Format"; IRCv3 message-tags, "Format", "Escaping values" and "Size limit".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from chatapp.errors import LineTooLongError, MalformedLineError, NotUtf8Error, UnknownVerbError

LINE_BYTES_MAX = 512  # of a line without its tags, including CR LF
CLIENT_TAG_BYTES_MAX = 4094  # of the tags of a client, without the '@' before and the space after them
SERVER_TAG_BYTES_MAX = 4094  # likewise, of the tags that a server adds to a line
CLIENT_LINE_BYTES_MAX = CLIENT_TAG_BYTES_MAX + 2 + LINE_BYTES_MAX
SERVER_LINE_BYTES_MAX = 8191 + LINE_BYTES_MAX

_VERB_SHOWN_MAX = 12  # letters of a verb that is named in a refusal
_BODY_BYTES_MAX = LINE_BYTES_MAX - len(b"\r\n")
_BEFORE_THE_VERB = frozenset({"@", ":"})  # the first character of tags and of a source
_USUAL_VERBS = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "PING", "PONG"})  # valid and in upper case: not checked again
_SECRET_VERBS = frozenset({"PASS", "PASSWD", "AUTHENTICATE", "REGISTER", "OPER"})  # their parameters stay out of repr()

# "any characters except NUL, CR, LF, semicolon and SPACE"; nor '=', which would end the key.
_TAG_KEY = re.compile(r"[^\0\r\n;= ]+")
_TAG_ESCAPES = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_TAG_ESCAPE_TABLE = str.maketrans(_TAG_ESCAPES)
_TAG_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_TAG_UNESCAPES = {escape[1]: char for char, escape in _TAG_ESCAPES.items()}


class Message(msgspec.Struct, gc=False):
    """One message: ``verb`` (upper case), ``params``, ``source`` (without ':'; or None), ``tags`` (values unescaped).

    ``params`` and ``tags`` are the objects that the caller gave, not copies.
    """

    verb: str
    params: list[str] = []
    source: str | None = None
    tags: dict[str, str] = {}

    @property
    def nick(self) -> str:
        """The source without ``!user`` and ``@host``; empty if the message has no source."""
        return "" if self.source is None else self.source.partition("!")[0].partition("@")[0]

    def param(self, index: int, default: str = "") -> str:
        """Return the parameter at ``index`` (from 0), or ``default`` if the message has fewer parameters."""
        params = self.params
        return params[index] if 0 <= index < len(params) else default

    def __repr__(self) -> str:
        params = "[...]" if self.verb in _SECRET_VERBS else repr(self.params)
        return f"Message({self.verb!r}, {params}, source={self.source!r}, tags={self.tags!r})"


def parse(line: bytes) -> Message:
    """Parse one line (without its line end) from a server or a client.

    Raises LineTooLongError for a line over SERVER_LINE_BYTES_MAX, NotUtf8Error, UnknownVerbError for a verb that is
    neither letters nor three digits, and MalformedLineError for a line without a verb, with an empty source, or with a
    NUL, CR or LF.

    Spec: modern-irc, "Message Format".
    """
    if len(line) > SERVER_LINE_BYTES_MAX - 2:
        raise LineTooLongError(f"The line has {len(line)} bytes; {SERVER_LINE_BYTES_MAX - 2} is the most there can be.")
    return _parse(line)


def parse_client(line: bytes) -> Message:
    """Parse one line (without its line end) from a client to a server.

    The tags and the rest of the line each have a limit: raises LineTooLongError if either is over its limit. Raises
    the other errors of :func:`parse`.

    Spec: IRCv3 message-tags, "Size limit": "Servers MUST NOT truncate tags and MUST always reject lines that
    exceed this limit."
    """
    if len(line) > _BODY_BYTES_MAX:
        _check_parts(line)
    return _parse(line)


def client_tags(line: bytes) -> dict[str, str]:
    """Return the tags of a client's line that :func:`parse_client` refuses; empty if the tags are the fault.

    The error reply needs the ``label`` tag.

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


def client_verb(line: bytes) -> str:
    """Return the verb of a client's line that cannot be parsed, or ``*`` if it has none.

    Spec: IRCv3 utf8-only: "If the server is unable to parse the sent command then it MAY send a FAIL command with no
    command name (i.e. *)."
    """
    words = (word for word in line.split(b" ") if word and word[:1] not in (b"@", b":"))
    verb = next(words, b"")
    return verb.decode().upper() if verb.isalpha() else "*"


def _check_parts(line: bytes) -> None:
    """Raise LineTooLongError if the tags of a client's line, or the rest of the line, are over their limit."""
    body = line
    if line[:1] == b"@":
        tag_data, _, body = line[1:].partition(b" ")
        if len(tag_data) > CLIENT_TAG_BYTES_MAX:
            raise LineTooLongError(
                f"The tags have {len(tag_data)} bytes; {CLIENT_TAG_BYTES_MAX} are allowed. Nothing was sent."
            )
    if len(body) > _BODY_BYTES_MAX:
        verb = client_verb(line)
        is_text = verb in ("PRIVMSG", "NOTICE")
        what = "Nothing was sent: say it in parts." if is_text else "Nothing was done: make it shorter."
        about = f"{verb}: the line" if len(verb) in range(2, _VERB_SHOWN_MAX + 1) and not is_text else "The line"
        raise LineTooLongError(f"{about} has {len(body)} bytes; {_BODY_BYTES_MAX} are allowed. {what}")


def _parse(line: bytes) -> Message:
    """Parse one line, whose length the caller has checked."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8Error(
            f"The line is not UTF-8 (at byte {error.start}). Set the client's encoding to UTF-8."
        ) from None
    # "any characters except NUL, CR, LF": some clients treat a CR alone as a line end, so it must not reach them.
    if "\0" in text or "\r" in text or "\n" in text:
        raise MalformedLineError("The line has a NUL, CR or LF in it.")
    source, tags = None, None
    if text[:1] in _BEFORE_THE_VERB:
        source, tags, text = _parse_prefixes(text)
    # "separated by one or more ASCII SPACE characters": other white space is part of a parameter.
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
    """Return the source (or None), the tags (or None), and the rest of the line, which begins with the verb."""
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
    """Parse tags (without the '@'). If a key occurs twice, the last occurrence counts.

    Spec: IRCv3 message-tags.
    """
    tags: dict[str, str] = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescape_tag(value) if "\\" in value else value
    return tags


def unescape_tag(value: str) -> str:
    r"""Return the unescaped form of a tag's value; a ``\`` that begins no known escape is dropped.

    Spec: IRCv3 message-tags, "Escaping values".
    """
    return _TAG_ESCAPED.sub(lambda match: _TAG_UNESCAPES.get(match[1], match[1]), value)


def escape_tag(value: str) -> str:
    """Return the escaped form of a tag's value.

    Spec: IRCv3 message-tags, "Escaping values".
    """
    return value.translate(_TAG_ESCAPE_TABLE)


def format_tags(tags: Mapping[str, str]) -> str:
    """Return ``tags`` (values unescaped) as they stand in a line, in order, without the '@' and the space around them.

    Raises MalformedLineError for an invalid key.
    """
    parts = []
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            raise MalformedLineError("A tag's name is empty or has a space, ';', '=', NUL, CR or LF in it.")
        parts.append(f"{key}={escape_tag(value)}" if value else key)
    return ";".join(parts)


def serialize(message: Message) -> bytes:
    """Return ``message`` as one line with CR LF. The caller checks the length of the line.

    Raises MalformedLineError for a message that :func:`parse` would not read back as the same message: with a NUL, CR
    or LF; with an invalid verb or tag key; with a source that is empty or has a space; with a parameter, other than the
    last, that is empty, has a space or begins with ':'. Also raises it for a lone surrogate.

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
    """Return all parameters but the last. Raises MalformedLineError if only the last could have that form."""
    middles = params[:-1]
    for param in middles:
        if not param or param[0] == ":" or " " in param:
            raise MalformedLineError("Only the last parameter can be empty, have a space or begin with ':'.")
    return middles
