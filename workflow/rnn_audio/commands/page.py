"""`python -m rnn_audio page`: the page of a run, from what there is."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rnn_audio.reporting.page.page import write_page
from rnn_audio.reporting.page.plan import read_page_plan


def add_arguments(parser: ArgumentParser) -> None:
    """The folder of the results."""
    parser.add_argument("results", nargs="?", type=Path, default=Path("results"), help="its results (default: results)")


def run(arguments: Namespace) -> int:
    """Write `report.html` into the folder, and print its path.

    Raises:
        InputError: the folder has no plan, or a file in it is damaged.
    """
    page = arguments.results / "report.html"
    write_page(page, arguments.results, read_page_plan(arguments.results))
    print(page)
    return 0
