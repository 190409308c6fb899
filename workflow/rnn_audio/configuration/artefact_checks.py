"""Check what tables and figures show: that it exists, and that their kind can show it."""

from collections.abc import Iterable, Mapping
from typing import Any

from rnn_audio.configuration.checks import ALL_LOSSES, check_quantity, losses_of, require_known
from rnn_audio.configuration.kinds import COMPUTED, COMPUTED_PARTS, FIGURES, LOSSES, METRICS, TABLES, Kind
from rnn_audio.configuration.method_checks import require_auxiliary
from rnn_audio.errors import InputError

_NEEDED = {
    "quantity": "a quantity, such as prediction_mse",
    "shows": "'shows: prediction', 'shows: generation' or 'shows: reconstruction'",
    "select_by": "'select_by: test_loss' or 'select_by: validation_loss'",
}


def check_artefacts(config: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that everything that tables and figures refer to exists.

    Args:
        config: the whole configuration, which has passed `check_schema`.
        merged: its configurations, including those of sweeps, each merged with its preset.

    Raises:
        InputError: naming the key and what exists.
    """
    for section, entries, kinds in (("tables", "rows", TABLES), ("figures", "panels", FIGURES)):
        for name, artefact in config[section].items():
            kind = kinds[artefact["kind"]]
            require_known(f"{section}.{name}.paper", artefact["paper"], config["papers"])
            _require_keys(f"{section}.{name}", artefact["kind"], artefact, kind.needs)
            for index, entry in enumerate(artefact.get(entries, [])):
                where = f"{section}.{name}.{entries}[{index}]"
                require_known(f"{where}.configuration", entry["configuration"], merged)
                _require_suitable(where, artefact["kind"], kind, entry["configuration"], merged)
                require_auxiliary(where, entry, merged[entry["configuration"]])
                _require_keys(where, artefact["kind"], entry, kind.entry_needs)
                _check_entry(where, artefact, entry)
                if "quantity" in kind.entry_needs:
                    _check_shown(where, kind, entry, merged[entry["configuration"]])
                _check_published(where, artefact["kind"], kind, entry)
            if kind.declared:
                _check_labels(f"{section}.{name}.labels", artefact)
            if kind.one_quantity:
                _check_one_quantity(f"{section}.{name}", artefact)
            _check_titles(f"{section}.{name}", artefact, kind)
            if kind.one_target:
                _check_targets(f"{section}.{name}", artefact["panels"], merged)


def _require_suitable(
    where: str, name: str, kind: Kind, configuration: str, merged: Mapping[str, Mapping[str, Any]]
) -> None:
    if "model" in merged[configuration] and set(kind.reads) & {"histories", "training_times"}:
        raise InputError(
            f"{where}.configuration: '{configuration}' is a published model, but '{name}' shows trainings; remove it"
        )
    if not set(kind.shows) & set(merged[configuration]):
        (wanted,) = kind.shows
        raise InputError(
            f"{where}.configuration: '{configuration}' has no {wanted}, but '{name}' shows only configurations with one"
        )


def _require_keys(where: str, kind: str, entry: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key in keys:
        if key not in entry:
            needed = _NEEDED.get(key, f"the key '{key}'")
            raise InputError(f"{where}: '{kind}' needs {needed}; add it")


def _check_entry(where: str, artefact: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    if "labels" in artefact and set(entry["labels"]) != set(artefact["labels"]):
        raise InputError(
            f"{where}.labels: has {sorted(entry['labels'])}, the table's labels are {sorted(artefact['labels'])}; "
            "give each row those that are not settings of its configuration"
        )
    if "quantity" in entry:
        check_quantity(f"{where}.quantity", entry["quantity"], ALL_LOSSES)
    start, stop = entry.get("zoom_samples", (0, 1))
    if stop <= start:
        raise InputError(f"{where}.zoom_samples: [{start}, {stop}] is empty; give a start below its stop")


def _check_shown(where: str, kind: Kind, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Check that a row's quantity is of the sort that its table shows, and one that its configuration has."""
    quantity = entry["quantity"]
    sort = METRICS if "." in quantity else LOSSES
    if sort not in kind.quantities:
        example = "a metric, such as generation.mse" if LOSSES in kind.quantities else "a loss, such as test_loss"
        (wanted,) = kind.quantities
        raise InputError(
            f"{where}.quantity: '{quantity}' is not one of the {wanted} that this kind of table shows ({example}, is "
            "for kind: observations)"
        )
    if sort == LOSSES:
        require_known(f"{where}.quantity", quantity, losses_of(settings))


def _check_published(where: str, name: str, kind: Kind, entry: Mapping[str, Any]) -> None:
    value = entry.get("published", {}).get("value")
    if not isinstance(value, str):
        return
    if _reads_as_number(value):
        raise InputError(f"{where}.published.value: {value!r} is text; write {float(value)!r}, a number without quotes")
    if not kind.words_published:
        raise InputError(f"{where}.published.value: {value!r} is not a number, which '{name}' needs; write one")


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_labels(where: str, artefact: Mapping[str, Any]) -> None:
    for label in artefact.get("labels", {}):
        if label in COMPUTED or COMPUTED_PARTS.fullmatch(label):
            raise InputError(f"{where}.{label}: tables compute a column of this name; choose another name")


def _check_one_quantity(where: str, artefact: Mapping[str, Any]) -> None:
    quantities = sorted({row["quantity"] for row in artefact["rows"]})
    if len(quantities) > 1:
        raise InputError(
            f"{where}.rows: show {', '.join(quantities)}, but '{artefact['kind']}' shows one quantity; split the "
            "table, or declare it with kind: observations"
        )


def _check_titles(where: str, artefact: Mapping[str, Any], kind: Kind) -> None:
    titles = {panel["title"] for panel in artefact.get("panels", [])}
    if kind.most_curves is not None and len(titles) > kind.most_curves:
        raise InputError(
            f"{where}.panels: has {len(titles)} different titles, but '{artefact['kind']}' can show at most "
            f"{kind.most_curves}; split it into two figures"
        )


def _check_targets(where: str, panels: Iterable[Mapping[str, Any]], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that all curves of a panel have the same target."""
    targets: dict[str, str] = {}
    for index, panel in enumerate(panels):
        settings = merged[panel["configuration"]]
        target = f"'{settings['signal']}' at {settings['rate_hz']} Hz"
        expected = targets.setdefault(panel["group"], target)
        if target != expected:
            raise InputError(
                f"{where}.panels[{index}].configuration: '{panel['configuration']}' learns {target}, but the group "
                f"'{panel['group']}' shows {expected}; give it another group"
            )
