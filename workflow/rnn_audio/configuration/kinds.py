"""The kinds of tables and figures, as data: what each reads, shows and needs.

The checks of the configuration, its schema and the rules all ask here. To add a kind:

- of figure: an entry in `FIGURES`; `reporting/figures/KIND.py` with a function `from_files`, which draws it;
  `report/KIND.rst`, its caption in the report.
- of table: an entry in `TABLES`; a function that builds it, named in `reporting/tables/kinds.py`.

Where the files that a kind `reads` lie is said in `rules/common.smk`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SIGNAL, DEVICE = "signal", "device"


@dataclass(frozen=True)
class Kind:
    """What is the same for all tables, or all figures, of one kind.

    Attributes:
        reads: the files that it reads of the configuration of each row or panel.
        shows: what its configurations learn.
        needs: keys of the table or figure itself that it cannot do without.
        entry_needs: likewise, keys of each of its rows or panels.
        most_curves: where what it shows are curves, which share a panel with those of the same `group`: how many it can
            tell apart by their titles. None where each has a panel of its own.
        one_target: whether the curves of a panel are compared with one target.
        given: what a figure is given besides its files and its declaration: `seeds`, `published` losses.
        declared: whether `tables` or `figures` may declare it; if not, other sections write it out.
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
    "band_errors": Kind(("selections", "metrics"), (DEVICE,), entry_needs=("quantity",)),
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
    "error_spectra": Kind(("targets", "predictions"), (DEVICE,), needs=("panels",), most_curves=8),
    "sweep": Kind(("selections", "histories", "metrics"), given=("seeds",), declared=False),
}


def declared_kinds(kinds: Mapping[str, Kind]) -> list[str]:
    """The names of those kinds that the configuration may declare."""
    return [name for name, kind in kinds.items() if kind.declared]
