"""Lines from a pipe or a file."""

from __future__ import annotations

import asyncio
import os

import pytest

from chatapp.client.fronts.plain.input import LinesIn


def read(descriptor: int, line_bytes_max: int = 100) -> list[bytes | None]:
    """Read all lines of a descriptor."""

    async def collect() -> list[bytes | None]:
        async with asyncio.timeout(60):
            return [line async for line in LinesIn(descriptor, line_bytes_max)]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\ntwo\r\n\nthree", [b"one", b"two", b"three"]),
        (b"", []),
        (b"\n\n", []),
        (b"x" * 300 + b"\nshort\n", [None, b"short"]),
        ("grüße\n".encode(), ["grüße".encode()]),
    ],
)
def test_lines_of_a_file(tmp_path, data, lines):
    """Each line once, the last one without its end too; one that is too long is told of."""
    (tmp_path / "in").write_bytes(data)
    descriptor = os.open(tmp_path / "in", os.O_RDONLY)
    try:
        assert read(descriptor) == lines
    finally:
        os.close(descriptor)


def test_no_more_is_read_than_is_wanted():
    """What comes in faster than it can be sent stays in the pipe."""

    async def story() -> None:
        reader, writer = os.pipe()
        try:
            os.write(writer, b"one\n")
            lines = LinesIn(reader, 100).__aiter__()
            async with asyncio.timeout(60):
                assert await anext(lines) == b"one"
                os.write(writer, b"two\n")
                os.set_blocking(reader, False)
                assert os.read(reader, 100) == b"two\n"  # still there for us
                os.close(writer)
                os.set_blocking(reader, True)
                assert [line async for line in lines] == []
        finally:
            os.close(reader)

    asyncio.run(story())
