"""The rows of a declared table, each joined with the results of its configuration.

A declaration is one entry of the configuration's tables: a caption, a kind, the headers of its label columns, and
its rows. Every error names the table, the row (counted from 1) and the configuration.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import Cell

Record = Mapping[str, Any]

MISSING = math.nan


@dataclass(frozen=True)
class Published:
    """The published values of a row.

    Attributes:
        value: a number, the paper's own words ("about 200"), or None if it states nothing.
        time_s: training time in seconds on the authors' machine; NaN if it states none.
        losses: test losses by the name of their pre-emphasis filter, as fractions; empty in tables of one quantity.
    """

    value: float | str | None = None
    time_s: float = MISSING
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row of a declared table and the results it shows.

    Attributes:
        table: the table's name, for errors.
        number: the row's place in the table, from 1.
        configuration: the configuration it shows.
        labels: its label columns, in the table's order.
        quantity: the quantity that it shows; None in tables that show a fixed set.
        published: the published values.
        scale: what its training changes of the papers' scale; None where the table does not say it row by row.
        results: the records of its configuration, by the names in `configuration/kinds.py`.
    """

    table: str
    number: int
    configuration: str
    labels: dict[str, Cell]
    quantity: str | None
    published: Published
    results: Mapping[str, Record]
    scale: str | None = None

    @property
    def selection(self) -> Record:
        """Every seed's losses, times and accelerator, and the chosen seed."""
        return self.results["selections"]

    @property
    def metrics(self) -> Record:
        """The metrics of the chosen model's sounds."""
        return self.results["metrics"]

    def error(self, message: str) -> InputError:
        """An error that names the place in the configuration."""
        return InputError(f"{_place(self.table, self.number, self.configuration)}: {message}")

    def chosen(self) -> Record:
        """The results of the chosen seed: losses, wall_time_s, models_at_once, peak_memory_mib, accelerator.

        Raises:
            InputError: the selection lacks this seed.
        """
        seed = str(self.selection["chosen_seed"])
        seeds = self.selection["seeds"]
        if seed not in seeds:
            raise self.error(f"the chosen seed {seed} is not among the seeds {', '.join(seeds)}")
        return seeds[seed]

    def selected_by(self, rule: str) -> "Row":
        """The same row with the seed that another rule chooses; its metrics still belong to the original seed.

        Raises:
            InputError: no seed was chosen by that rule.
        """
        chosen = self.selection.get("chosen_seeds", {})
        if rule not in chosen:
            raise self.error(
                f"no seed was chosen by {rule!r}; select_by may be: {', '.join(chosen) or 'left out only'}"
            )
        selection = {**self.selection, "rule": rule, "chosen_seed": chosen[rule]}
        return replace(self, results={**self.results, "selections": selection})

    def is_loss(self) -> bool:
        """Whether the quantity is a loss that every seed has."""
        return self.quantity in self.chosen()["losses"]

    def losses_by_seed(self) -> dict[int, float]:
        """The row's loss for each seed; NaN where it could not be measured.

        Raises:
            InputError: a seed's losses lack the quantity.
        """
        losses = {}
        for seed, results in self.selection["seeds"].items():
            if self.quantity not in results["losses"]:
                available = ", ".join(results["losses"])
                raise self.error(f"seed {seed} has no loss {self.quantity!r}; there are: {available}")
            losses[int(seed)] = number(results["losses"][self.quantity])
        return losses

    def seed_losses(self) -> list[float]:
        """The row's loss for each seed that has one (a seed whose loss could not be measured has none).

        Raises:
            InputError: a seed's losses lack the quantity.
        """
        return [loss for loss in self.losses_by_seed().values() if not math.isnan(loss)]

    def chosen_loss(self) -> float:
        """The chosen seed's loss; NaN where it could not be measured."""
        return number(self.chosen()["losses"][self.quantity])

    def zero_loss(self) -> float:
        """The row's loss for an output that is always zero; NaN if its trainings give none."""
        return number(self.selection["zero_loss"].get(self.quantity))

    def metric(self, path: str) -> float:
        """A metric by its dotted path, `generation.effective_length_samples`; NaN where it could not be measured.

        Raises:
            InputError: there is no metric of that name, or it is not a number.
        """
        value: Any = self.metrics
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise self.error(f"unknown quantity {path!r}; there are: {', '.join(self.quantities())}")
            value = value[key]
        if isinstance(value, Mapping | str):
            raise self.error(f"quantity {path!r} is not a number; there are: {', '.join(self.quantities())}")
        return number(value)

    def metric_by_seed(self, path: str) -> list[float]:
        """A metric of each seed that has it; empty if it is measured on the chosen seed's sounds alone."""
        by_seed = self.metrics.get("seeds", {}).values()
        values = [number(metrics[path]) for metrics in by_seed if path in metrics]
        return [value for value in values if not math.isnan(value)]

    def quantities(self) -> list[str]:
        """Every quantity that the row can show: losses first, then metrics by their dotted paths."""
        groups = {key: value for key, value in self.metrics.items() if isinstance(value, Mapping) and key != "seeds"}
        metrics = [f"{group}.{key}" for group, values in groups.items() for key in values]
        return [*self.chosen()["losses"], *metrics]


def training_time_s(results: Record) -> float:
    """The time that one seed's model took to train; for models that trained side by side, its share of their time."""
    return number(results["wall_time_s"]) / results.get("models_at_once", 1)


def number(value: float | None) -> float:
    """A number, or NaN for null."""
    return MISSING if value is None else float(value)


def read_rows(table: str, declaration: Record, results: Mapping[str, Mapping[str, Record]]) -> list[Row]:
    """Join every declared row with the results of its configuration.

    Args:
        table: the table's name.
        declaration: its entry in the configuration.
        results: what the rows show, such as `selections`: for each, one record per configuration, by its name.

    Raises:
        InputError: a row names no configuration, its configuration has no results, its labels are not the table's, or
            no seed was chosen by the table's select_by.
    """
    headers = list(declaration["labels"])
    rows = [
        _read_row(table, position, headers, row, results) for position, row in enumerate(declaration["rows"], start=1)
    ]
    rule = declaration.get("select_by")
    return rows if rule is None else [row.selected_by(rule) for row in rows]


def _read_row(
    table: str,
    position: int,
    headers: Sequence[str],
    row: Record,
    results: Mapping[str, Mapping[str, Record]],
) -> Row:
    configuration = row.get("configuration")
    place = _place(table, position, configuration)
    if configuration is None:
        raise InputError(f"{place}: the row names no configuration")
    for what, records in results.items():
        if configuration not in records:
            available = ", ".join(records) or "none"
            raise InputError(f"{place}: the configuration has no {what}; there are: {available}")
    labels = row.get("labels", {})
    if set(labels) != set(headers):
        raise InputError(f"{place}: the row's labels are {sorted(labels)}, the table's are {sorted(headers)}")
    return Row(
        table=table,
        number=position,
        configuration=configuration,
        labels={key: labels[key] for key in headers},
        quantity=row.get("quantity"),
        published=_read_published(row.get("published")),
        results={what: records[configuration] for what, records in results.items()},
        scale=row.get("scale"),
    )


def _read_published(published: Record | float | str | None) -> Published:
    if isinstance(published, Mapping):
        losses = {key: value for key, value in published.items() if key not in ("value", "time_s")}
        return Published(published.get("value"), number(published.get("time_s")), losses)
    return Published(published)


def _place(table: str, position: int, configuration: str | None) -> str:
    name = f" ({configuration})" if configuration else ""
    return f"table {table}, row {position}{name}"
