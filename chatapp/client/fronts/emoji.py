"""Pure: the codes of emoji, as other chat programs have them: Tab completes them, and what is sent has the emoji.

A code in a text becomes its emoji when a person sends the text, as on the page: readers may have no table. It stays
as it is inside a word, a link, or code (between backticks).
"""

from __future__ import annotations

import re

EMOJI = {
    "+1": "👍", "-1": "👎", "100": "💯", "angry": "😠", "beer": "🍺", "birthday": "🎂", "blush": "😊", "boom": "💥",
    "bug": "🐛", "bulb": "💡", "calendar": "📅", "check": "✅", "clap": "👏", "clock": "🕐", "coffee": "☕",
    "confused": "😕", "cool": "😎", "cry": "😢", "dancer": "💃", "eyes": "👀", "facepalm": "🤦", "fire": "🔥",
    "gift": "🎁", "grin": "😁", "hammer": "🔨", "heart": "❤️", "hooray": "🎉", "hug": "🤗", "joy": "😂", "key": "🔑",
    "kiss": "😘", "laughing": "😆", "link": "🔗", "lock": "🔒", "mail": "📧", "memo": "📝", "muscle": "💪",
    "no": "❌", "ok": "👌", "party": "🥳", "pizza": "🍕", "plus": "➕", "pray": "🙏", "question": "❓", "rainbow": "🌈",
    "rocket": "🚀", "rofl": "🤣", "scream": "😱", "see_no_evil": "🙈", "shrug": "🤷", "sick": "🤒", "skull": "💀",
    "sleep": "😴", "smile": "😄", "smirk": "😏", "snow": "❄️", "sob": "😭", "sparkles": "✨", "star": "⭐", "sun": "☀️",
    "sweat": "😅", "tada": "🎉", "tea": "🍵", "think": "🤔", "thumbsdown": "👎", "thumbsup": "👍", "tongue": "😛",
    "unlock": "🔓", "warning": "⚠️", "wave": "👋", "wink": "😉", "wrench": "🔧", "yum": "😋", "zap": "⚡",
}  # fmt: skip
REACTIONS = ("👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "❌", "🔥", "🚀")

# Code, and links. A link is looked for where a word begins, so that each word is looked at once.
_KEPT = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|(?<!\S)\S*://\S*", re.DOTALL)
_CODE = re.compile(r"(?<![\w:]):([a-z0-9_+-]+):(?![\w:])")


def matching(typed: str) -> list[tuple[str, str]]:
    """Return the codes that have a text, with or without colons, each with its emoji; those that begin so first."""
    typed = typed.strip(":").lower()
    usual = {emoji: at for at, emoji in enumerate(REACTIONS)}

    def place(code: str) -> tuple[bool, bool, int]:
        return code != typed, not code.startswith(typed), usual.get(EMOJI[code], len(usual))

    return [(code, EMOJI[code]) for code in sorted((each for each in EMOJI if typed in each), key=place)]


def of_code(text: str) -> str:
    """Return the emoji of a text that is just a code with colons; any other text as it is."""
    is_code = len(text) > 2 and text[0] == text[-1] == ":"
    return EMOJI.get(text[1:-1].lower(), text) if is_code else text


def with_emoji(text: str) -> str:
    """Return a text with the emoji of the codes in it."""
    if ":" not in text:
        return text
    found, at = "", 0
    for kept in _KEPT.finditer(text):
        found += _CODE.sub(_emoji, text[at : kept.start()]) + kept[0]
        at = kept.end()
    return found + _CODE.sub(_emoji, text[at:])


def _emoji(code: re.Match[str]) -> str:
    return EMOJI.get(code[1], code[0])
