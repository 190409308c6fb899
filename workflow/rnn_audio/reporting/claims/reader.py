"""One rule of a claim with the numbers of its configurations, and how it writes them."""

import math
from collections.abc import Mapping, Sequence

from rnn_audio.configuration.claims import OWN_QUANTITIES
from rnn_audio.configuration.kinds import VALUE
from rnn_audio.configuration.words import quantity_words
from rnn_audio.losses.preemphasis import FILTERS
from rnn_audio.records import Record
from rnn_audio.reporting.claims.evidence import Results, Values
from rnn_audio.reporting.tables.cells import Format, MarkdownNotation, format_cell
from rnn_audio.reporting.tables.rows import MISSING
from rnn_audio.types import Settings

_NOTATION = MarkdownNotation()
_FILTERED = {name: f" after the {own.words}" for name, own in FILTERS.items()} | {"none": " without a filter"}


class RuleReader:
    """Reads the numbers of one rule in the unit in which they are shown.

    Attributes:
        rule: its kind, quantity, configurations and limits.
        of: the configurations that it is about.
        over: those that they are compared with.
        words: the quantity.
        unit: its unit, with a space before it.
    """

    def __init__(self, rule: Settings, results: Mapping[str, Results]) -> None:
        self.rule = rule
        self.of: list[str] = rule["of"]
        self.over: list[str] = rule.get("over", [])
        self._results = results
        self._quantity: str = rule["quantity"]
        self._share: bool = rule.get("of_zero_output", False)
        # Losses of devices are fractions of the target's energy; all tables show them in per cent.
        self._factor = 100 if self._quantity.startswith(("test_", "validation_")) else 1
        self.words, unit = self._described()
        self.unit = f" {unit}" if unit else ""

    @property
    def is_level(self) -> bool:
        """Whether the quantity is a level in decibels, which is compared by a difference."""
        return self._quantity.endswith("_db")

    @property
    def limits(self) -> str:
        """What the rule says of the effect."""
        low, high = self.rule.get("at_least"), self.rule.get("at_most")
        if low is not None and high is not None:
            return _exact(low) if low == high else f"{_exact(low)} to {_exact(high)}"
        if low is not None:
            return f"at least {_exact(low)}"
        return f"at most {_exact(high)}" if high is not None else ""

    def values(self, configuration: str) -> Values:
        """The quantity of one configuration.

        Raises:
            InputError: its results do not have it.
        """
        results = self._results[configuration]
        values = results.values(self._quantity)
        factor = 100 / (results.zero_loss(self._quantity) or MISSING) if self._share else self._factor
        return Values({seed: factor * value for seed, value in values.by_seed.items()}, values.seeds, values.one_sound)

    def record(self, name: str, kind: str) -> Record:
        """A record of a configuration or a listening test."""
        return self._results[name].record(kind)

    def within(self, effect: float) -> bool:
        """Whether an effect is within the limits; one that could not be measured is not."""
        return self.rule.get("at_least", -math.inf) <= effect <= self.rule.get("at_most", math.inf)

    def near_zero(self, *configurations: str) -> bool:
        """Whether the rule is about what networks have learned, and none of these has learned anything."""
        if self._share and self.rule["kind"] == VALUE:
            return False  # the share itself is judged
        own = OWN_QUANTITIES.get(self._quantity)
        if own is not None and not own.of_learning:
            return False
        return all(self._results[name].is_near_zero(self._quantity) for name in configurations)

    def _described(self) -> tuple[str, str]:
        own = OWN_QUANTITIES.get(self._quantity)
        if own is not None:
            words, unit = own.words, own.unit
        elif self._factor == 100:
            part, _, name = self._quantity.partition("_")
            words, unit = f"{part} loss{_FILTERED.get(name, '')}", "%"
        else:
            words, _, rest = quantity_words(self._quantity).partition(" (")
            unit = rest.rstrip(")")
        return words, "% of zero output" if self._share else unit


def write(value: float) -> str:
    """A number with three significant digits.

    >>> [write(value) for value in (0.00123, 431.52, -2.5, float("inf"))]
    ['1.23×10⁻³', '432', '−2.50', 'infinite']
    """
    if math.isinf(value):
        return "infinite"
    if math.isnan(value):
        return "not measured"
    if value == round(value) and abs(value) < 1e6:
        return _NOTATION.number(f"{value:.0f}")
    return format_cell(value, Format.NUMBER, _NOTATION)


def _exact(limit: float) -> str:
    return _NOTATION.number(f"{limit:g}")


def listed(names: Sequence[str]) -> str:
    """Names as part of a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
