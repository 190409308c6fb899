"""`python -m rnn_audio COMMAND`: the library's commands, each a module of `commands`."""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence

from rnn_audio.errors import InputError

COMMANDS: Mapping[str, str] = {
    "compare": "Compare a run's losses with published ones, configuration by configuration.",
    "export": "Write a trained model, or one of another program, for plug-ins and other players.",
    "page": "Make the page of a run from what there is, during the run or after it.",
    "process": "Send a sound file through a trained model, of this or another program.",
    "publish": "Copy a run's tables, figures and claims into a folder for publication.",
    "status": "Say how far a run is: models that are done, train, wait or failed, and the time that is left.",
    "train": "Model the amplifier or effect that turns one recording into another.",
}
"""Name of each command, and one line that says what it does.

The module `commands.NAME` has `add_arguments(parser)` and `run(arguments)`, which returns the exit status. It is
imported only when it is called, so that one command does not wait for what another imports.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a mistake of the user's is one line on standard error, and status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="rnn-audio", description="Recurrent networks that make raw audio.")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, line in COMMANDS.items():
        command = choices.add_parser(name, help=line, description=line)
        if given[:1] == [name]:
            _module(name).add_arguments(command)
    chosen = parser.parse_args(given)
    try:
        return _module(chosen.command).run(chosen)
    except InputError as error:
        print(f"rnn-audio {chosen.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _module(name: str):  # noqa: ANN202 (a module)
    return importlib.import_module(f"rnn_audio.commands.{name}")


if __name__ == "__main__":
    sys.exit(main())
