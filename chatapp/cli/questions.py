"""Questions on the terminal, on standard error. EX leaves each of them as Ctrl-C does: it raises click.Abort."""

from __future__ import annotations

import click

_LEAVE = "EX"  # the word of the menu of `chat connect`, in any case


def is_yes(question: str) -> bool:
    """Ask ``question``, and return whether the answer is yes; an empty answer is no. Asks again until it is clear."""
    asked: bool = click.prompt(f"{question} [y/N]", default=False, show_default=False, err=True, type=_YesOrNo())
    return asked


def password(label: str) -> str:
    """Ask for a password that is not shown, and return it; ``label`` says which."""
    typed: str = click.prompt(label, hide_input=True, err=True)
    _leave_at(typed)
    return typed


class _YesOrNo(click.types.BoolParamType):
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        _leave_at(str(value))
        return super().convert(value, param, ctx)


def _leave_at(answer: str) -> None:
    if answer.strip().upper() == _LEAVE:
        raise click.Abort
