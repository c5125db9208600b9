"""Other programs that the full-screen client runs: an editor for the draft, and what opens a link."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import tempfile
from pathlib import Path

TEXT_BYTES_MAX = 1_000_000


async def edited(text: str) -> tuple[str, str]:
    """Edit a text in $VISUAL or $EDITOR; return the new text, and what is wrong (empty: nothing is)."""
    try:
        words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "") or ["vi"]
    except ValueError as error:
        return text, f"$EDITOR or $VISUAL cannot be read: {error}."
    with tempfile.TemporaryDirectory(prefix="chat-") as folder:
        path = Path(folder) / "message.txt"
        path.write_text(text, encoding="utf-8")
        try:
            process = await asyncio.create_subprocess_exec(*words, str(path))
            code = await process.wait()
        except OSError as error:
            return text, f"The editor {words[0]} cannot be started: {error.strerror}."
        if code:
            return text, f"The editor ended with {code}; the text stays as it was."
        with path.open("rb") as file:
            changed = file.read(TEXT_BYTES_MAX).decode(errors="replace")
    return changed.rstrip("\n"), ""


async def opened(link: str) -> str:
    """Open a link in a browser; return what is wrong (empty: nothing is)."""
    program = "open" if sys.platform == "darwin" else "xdg-open"
    null = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(program, link, stdin=null, stdout=null, stderr=null)
        code = await process.wait()
    except OSError:
        return f"There is no program {program} that opens links here."
    return f"{program} ended with {code}." if code else ""
