"""The kinds of tables and figures, as data: what each reads, shows and requires.

The checks of the configuration, its schema and the rules all use these entries. To add a kind:

- of figure: an entry in `FIGURES`; `reporting/figures/KIND.py` with a function `from_files`, which draws it;
  `report/KIND.rst`, its caption in the report.
- of table: an entry in `TABLES`; a function that builds it, named in `reporting/tables/kinds.py`.

`rules/common.smk` maps what a kind `reads` to paths.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SIGNAL, DEVICE = "signal", "device"


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
        declared: whether `tables` or `figures` may declare it; if not, it is generated from other sections.
    """

    reads: tuple[str, ...] = ()
    shows: tuple[str, ...] = (SIGNAL, DEVICE)
    needs: tuple[str, ...] = ()
    entry_needs: tuple[str, ...] = ()
    most_curves: int | None = None
    one_target: bool = False
    given: tuple[str, ...] = ()
    declared: bool = True


TABLES: Mapping[str, Kind] = {
    "losses": Kind(("selections",), (SIGNAL,), entry_needs=("quantity",)),
    "observations": Kind(("selections", "metrics"), entry_needs=("quantity",)),
    "generations": Kind(("selections", "metrics"), (SIGNAL,)),
    "device_losses": Kind(("selections", "metrics"), (DEVICE,), needs=("select_by",)),
    "band_errors": Kind(("selections", "errors"), (DEVICE,), entry_needs=("quantity",)),
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
    "filter_responses": Kind(needs=("rate_hz",)),
    "error_spectra": Kind(("errors",), (DEVICE,), needs=("panels",), most_curves=8),
    "sweep": Kind(("selections", "histories", "metrics"), given=("seeds",), declared=False),
}


def declared_kinds(kinds: Mapping[str, Kind]) -> list[str]:
    """The names of the kinds that the configuration may declare."""
    return [name for name, kind in kinds.items() if kind.declared]
