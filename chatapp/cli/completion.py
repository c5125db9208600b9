"""``chat completion``: the script with which a shell completes the commands and options of ``chat``.

The shell runs ``chat`` with a variable that asks for the completions of what is typed (Click's own machinery). The
function ``answer`` answers it.
"""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

VARIABLE = "_CHAT_COMPLETE"  # as Click names it
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Write the script with which SHELL completes what you type after `chat`: commands, options, files, known servers.

    In ~/.bashrc: eval "$(chat completion bash)". In ~/.zshrc, after compinit: eval "$(chat completion zsh)". For fish:
    chat completion fish > ~/.config/fish/completions/chat.fish
    """
    root = click.get_current_context().find_root()
    click.echo(_of(root.command, shell).source())


def answer(chat: click.Command, instruction: str) -> int:
    """Write the completions for the shell, and return the exit code.

    ``chat``: the command that is completed. ``instruction``: the value of VARIABLE, such as ``bash_complete``. Nobody
    can be told of a failure while the line is typed, so there are no completions then.
    """
    shell, _, asked = instruction.partition("_")
    if shell not in SHELLS or asked != "complete":
        return 1
    try:
        click.echo(_of(chat, shell).complete())
    except Exception:
        return 1
    return 0


def _of(chat: click.Command, shell: str) -> ShellComplete:
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(chat, {}, "chat", VARIABLE)
