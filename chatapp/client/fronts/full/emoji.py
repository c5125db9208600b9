"""Pure: the codes of emoji that Tab completes, as other chat programs have them."""

from __future__ import annotations

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
