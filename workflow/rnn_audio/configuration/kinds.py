"""The kinds of tables, of figures and of the rules of claims, as data: what each reads, shows and requires.

The checks of the configuration, its schema and the rules all use these entries. To add a kind:

- of figure: an entry in `FIGURES`; `reporting/figures/KIND.py` with a function `from_files`, which draws it;
  `report/KIND.rst`, its caption in the report.
- of table: an entry in `TABLES`; a function that builds it, named in `reporting/tables/kinds.py`.
- of rule: an entry in `RULE_KINDS`; a function that evaluates it, named in `reporting/claims/rules.py`.

`rules/common.smk` maps what a kind `reads` to paths.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

SIGNAL, DEVICE = "signal", "device"
LOSSES, METRICS = "losses", "metrics"

COMPUTED = (
    *("accelerator", "accelerator_name", "trained_on", "processor", "how", "overhead", "updates", "within_jnd"),
    *("configuration", "chosen_seed", "seeds", "quantity", "paper", "best", "mean", "std", "parameters", "samples"),
)
COMPUTED_PARTS = re.compile(
    r"(paper|best|mean|std|zero|others|difference|error|target|generation|wall|none|own|seconds)_.*|.*_(mse|db|percent|ms)"
)
"""Columns that tables compute: names, and patterns of names. A column of labels must have another name."""


@dataclass(frozen=True)
class Kind:
    """What all tables, or all figures, of one kind have in common.

    Attributes:
        reads: the kinds of files that it reads for the configuration of each row or panel.
        shows: what its configurations learn.
        needs: required keys of the table or figure itself.
        entry_needs: required keys of each of its rows or panels.
        most_curves: the most titles that it can distinguish, if the curves of one `group` share a panel. None if each
            entry has its own panel.
        one_target: whether all curves of a panel are compared with the same target.
        given: what a figure gets in addition to its files and its declaration: `seeds`, `published` losses.
        one_quantity: whether all rows of the table show the same quantity.
        quantities: what its rows may show: `LOSSES`, `METRICS`, or both.
        words_published: whether a published value may be words, such as "about 200".
        declared: whether `tables` or `figures` may declare it; if not, it is generated from other sections.
    """

    reads: tuple[str, ...] = ()
    shows: tuple[str, ...] = (SIGNAL, DEVICE)
    needs: tuple[str, ...] = ()
    entry_needs: tuple[str, ...] = ()
    most_curves: int | None = None
    one_target: bool = False
    given: tuple[str, ...] = ()
    one_quantity: bool = False
    quantities: tuple[str, ...] = (LOSSES, METRICS)
    words_published: bool = False
    declared: bool = True


TABLES: Mapping[str, Kind] = {
    "losses": Kind(("selections",), (SIGNAL,), entry_needs=("quantity",), one_quantity=True, quantities=(LOSSES,)),
    "observations": Kind(("selections", "metrics"), entry_needs=("quantity",), words_published=True),
    "generations": Kind(("selections", "metrics"), (SIGNAL,)),
    "device_losses": Kind(("selections", "metrics"), (DEVICE,), needs=("select_by",)),
    "band_errors": Kind(
        ("selections", "errors"), (DEVICE,), entry_needs=("quantity",), one_quantity=True, quantities=(METRICS,)
    ),
    "running_speed": Kind(("running_speeds",), (DEVICE,)),
    "training_time": Kind(("training_times",), (DEVICE,)),
    "sweep": Kind(("selections", "metrics"), declared=False),
    "convolutions": Kind(("convolutions",), (SIGNAL,), declared=False),
}

FIGURES: Mapping[str, Kind] = {
    "waveforms": Kind(("targets", "sounds", "metrics"), (SIGNAL,), needs=("panels",), entry_needs=("shows",)),
    "decays": Kind(("targets", "generations", "metrics"), (SIGNAL,), needs=("panels",), most_curves=3, one_target=True),
    "loss_curves": Kind(("selections", "histories"), needs=("panels",), given=("seeds", "published")),
    "compared_losses": Kind(("selections", "histories"), (SIGNAL,), needs=("panels",), most_curves=4, given=("seeds",)),
    "filter_responses": Kind(needs=("rate_hz",), given=("design",)),
    "error_spectra": Kind(("errors",), (DEVICE,), needs=("panels",), most_curves=8),
    "sweep": Kind(("selections", "histories", "metrics"), given=("seeds",), declared=False),
}


VALUE, COVERS, PAIRED, SPREAD, SCATTER, ORDER, BEST = "value", "covers", "paired", "spread", "scatter", "order", "best"
HEARD = "heard"


@dataclass(frozen=True)
class RuleKind:
    """What a kind of rule has.

    Attributes:
        needs: its required keys; others of `RULE_KEYS` it does not have.
        limits: whether it has `at_most`, `at_least` or both.
    """

    needs: tuple[str, ...] = ("quantity", "of")
    limits: bool = False


RULE_KEYS = ("quantity", "of", "over", "value", "test", "group", "conditions")
"""Keys of rules that some kinds need and others do not have."""

RULE_KINDS: Mapping[str, RuleKind] = {
    VALUE: RuleKind(limits=True),
    COVERS: RuleKind(("quantity", "of", "value")),
    PAIRED: RuleKind(("quantity", "of", "over"), limits=True),
    SPREAD: RuleKind(("quantity", "of", "over"), limits=True),
    SCATTER: RuleKind(limits=True),
    ORDER: RuleKind(),
    BEST: RuleKind(("quantity", "of", "over")),
    HEARD: RuleKind(("test", "group", "conditions")),
}


def declared_kinds(kinds: Mapping[str, Kind]) -> list[str]:
    """The names of the kinds that the configuration may declare."""
    return [name for name, kind in kinds.items() if kind.declared]
