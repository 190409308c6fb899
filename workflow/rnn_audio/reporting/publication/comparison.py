"""A run compared with a published one: configuration by configuration, by the loss that selects.

The same seed gives the same initial weights and the same order of the data, so models are compared seed by seed. On
another processor sums are rounded otherwise, and a training amplifies that: models then differ, losses a little.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from rnn_audio.records import Record

TOLERANCE = 1.25
"""Largest ratio of two losses that still agree, in either direction, as the median over common seeds."""

IDENTICAL, AGREES, DIFFERS = "same bytes", "agrees", "differs"
OTHER, ABSENT = "other settings", "not in this run"

# What says how a training is computed, not what is trained.
_NOT_COMPARED = frozenset({"select_by"})


@dataclass(frozen=True)
class ComparedRow:
    """One configuration of the published run, and what became of it in another.

    Attributes:
        configuration: its name.
        quantity: the loss that selects its best seed.
        published: median of the published losses over all seeds.
        ours: median of the other run's losses; None if it has no such model.
        ratio: median over common seeds of its loss over the published one; None without a common seed.
        verdict: `same bytes` (of all common histories), `agrees`, `differs`, `other settings` or `not in this run`.
        reason: which settings differ, as `epochs 20, published 100`; empty otherwise.
    """

    configuration: str
    quantity: str
    published: float
    ours: float | None = None
    ratio: float | None = None
    verdict: str = ABSENT
    reason: str = ""


def compare_runs(published: Mapping[str, Record], ours: Mapping[str, Record]) -> list[ComparedRow]:
    """Compare each published configuration with that of the same name.

    Args:
        published: `configurations` of the published run, as `what_was_run` gives them.
        ours: those of the run to be checked.
    """
    return [_compare(name, record, ours.get(name)) for name, record in sorted(published.items())]


def agree(rows: list[ComparedRow]) -> bool:
    """Whether no row differs; rows that cannot be compared do not count."""
    return all(row.verdict != DIFFERS for row in rows)


def _compare(name: str, published: Record, ours: Record | None) -> ComparedRow:
    quantity = published["select_by"]
    theirs = _by_seed(published, quantity)
    middle = statistics.median(theirs.values())
    if ours is None:
        return ComparedRow(name, quantity, middle)
    own = _by_seed(ours, quantity)
    own_middle = statistics.median(own.values()) if own else None
    settings = _differences(ours["settings"], published["settings"])
    common = sorted(set(own) & set(theirs))
    if settings or not common:
        reason = "; ".join(settings) or "no seed in common"
        return ComparedRow(name, quantity, middle, own_middle, None, OTHER, reason)
    ratio = statistics.median(_ratio(own[seed], theirs[seed]) for seed in common)
    if all(ours["histories"][seed] == published["histories"][seed] for seed in common):
        verdict = IDENTICAL
    else:
        verdict = AGREES if 1 / TOLERANCE <= ratio <= TOLERANCE else DIFFERS
    return ComparedRow(name, quantity, middle, own_middle, ratio, verdict)


def _by_seed(record: Record, quantity: str) -> dict[str, float]:
    return {seed: losses[quantity] for seed, losses in record["losses"].items() if quantity in losses}


def _ratio(own: float, other: float) -> float:
    if own == other:
        return 1.0
    return own / other if other else float("inf")


def _differences(own: Mapping[str, object], published: Mapping[str, object]) -> list[str]:
    """Settings that differ, in words, by key."""
    keys = sorted((set(own) | set(published)) - _NOT_COMPARED)
    missing = "not set"
    return [
        f"{key} {own.get(key, missing)}, published {published.get(key, missing)}"
        for key in keys
        if own.get(key, missing) != published.get(key, missing)
    ]
