"""A mistake or an unusual input of a user, with the message about it; the kinds are sections of docs/bad-input.md."""

from dataclasses import dataclass

from support.inputs import Make


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        kind: section of the document.
        given: what is given, in words.
        said: a part of the message.
        make: writes the input into a folder and its configuration.
        real: whether it is tested through the `snakemake` command.
        library: whether the library reports it, without Snakemake.
        used: whether the input is not a mistake but used, and the log says how.
        arguments: the command line, for inputs that are not in the configuration.
    """

    kind: str
    given: str
    said: str
    make: Make
    real: bool = False
    library: bool = True
    used: bool = False
    arguments: tuple[str, ...] = ()


YAML = "The file of the configuration"
VALUES = "Values"
NAMES = "Names"
REFERENCES = "References"
COMMANDS = "The command line"
SOUNDS = "Recordings"
USED = "Recordings that are used"
DEVICES = "Pairs of recordings"
PUBLISHED = "Published models"
