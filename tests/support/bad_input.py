"""The inputs of docs/bad-input.md, in its order; those of the command line are here."""

import numpy as np

from support.bad_case import COMMANDS, Case
from support.bad_configuration import CONFIGURATION
from support.bad_models import MODELS
from support.bad_recordings import RECORDINGS
from support.bad_references import REFERENCES_TO_OTHERS
from support.inputs import (
    overlay,
)

_SECOND = np.random.default_rng(2).uniform(-0.5, 0.5, 44100)
_LONG = np.random.default_rng(3).uniform(-0.5, 0.5, 12 * 44100)
_A_NAME = "a name of lower-case letters, digits and underscores that begins with a letter"


def _command(given: str, said: str, *arguments: str, text: str = "") -> Case:
    """A mistake on the command line, where `own.yaml` holds this text."""
    return Case(COMMANDS, given, said, overlay(text), real=True, library=False, arguments=arguments)


COMMAND_LINES = [
    _command(
        "`--configfile` with a key twice",
        "own.yaml: the key 'seeds' occurs twice, in line 1 and in line 2",
        "--configfile",
        "own.yaml",
        text="seeds: [1]\nseeds: [2]\n",
    ),
    _command(
        "`--configfile` that is empty, or a list",
        "Config file must be given as JSON or YAML with keys at top level",
        "--configfile",
        "own.yaml",
        text="- 1\n",
    ),
    _command(
        "`--configfile` that is not YAML",
        "Config file is not valid JSON or YAML",
        "--configfile",
        "own.yaml",
        text="seeds:\n\t- 1\n",
    ),
    _command(
        "`--configfile` next to a profile that has one",
        "profiles/quick/config.yaml: --configfile has replaced its configfile (profiles/quick/settings.yaml)",
        "--profile",
        "profiles/quick",
        "--configfile",
        "own.yaml",
        text="seeds: [1]\n",
    ),
    _command("`--config seeds=5`", "config.seeds: 5 is not of type 'array'; write a list", "--config", "seeds=5"),
    _command("`--config 'seeds=[1]'`", "config.seeds[0]: '1' is not of type 'integer'", "--config", "seeds=[1]"),
    _command(
        "`--config 'accelerator=$(touch x)'`, in quotes",
        "config.accelerator: '$(touch x)' is not one of",
        "--config",
        "accelerator=$(touch x)",
    ),
    _command(
        "a file of a configuration that is not declared",
        "No rule to produce results/models/stedy/selection.json",
        "results/models/stedy/selection.json",
    ),
    _command("a misspelt target", "there is no target 'figurs'; did you mean 'figures'?", "figurs"),
]

CASES = [*CONFIGURATION, *REFERENCES_TO_OTHERS, *COMMAND_LINES, *RECORDINGS, *MODELS]
