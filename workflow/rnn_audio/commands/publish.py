"""`rnn-audio publish`: a run's tables, figures and claims in a folder for publication."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rnn_audio.reporting.publication.publish import publish, time_words


def add_arguments(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("results", type=Path, help="folder of a finished run, such as results")
    parser.add_argument("folder", type=Path, help="where the publication goes, such as docs/results/mine")
    parser.add_argument("--title", default="Results", help="heading of its index")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the run's --configfile, if it had one")
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="tables and figures to leave out")


def run(arguments: Namespace) -> int:
    """Publish the run; raises InputError if there is nothing to publish."""
    record = publish(arguments.results, arguments.folder, arguments.title, arguments.without, arguments.settings)
    print(f"{arguments.folder / 'README.md'}: {record['models']} models, trained in {time_words(record)}")
    return 0
