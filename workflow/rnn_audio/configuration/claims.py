"""Claims: statements of the papers, or of a user, each with rules by which the results of a run decide it.

A claim is data: what is said, where, on which published evidence, and one or more rules. Each rule compares one
quantity of some configurations with limits, with other configurations, or with an order; all rules of a claim must
hold. `reporting/claims` evaluates them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_audio.configuration.checks import check_claims_schema, check_quantity, losses_of, require_known
from rnn_audio.configuration.files import read_file
from rnn_audio.configuration.kinds import HEARD, PAIRED, RULE_KEYS, RULE_KINDS
from rnn_audio.configuration.method_checks import require_auxiliary
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import NAMES as FILTERS
from rnn_audio.types import Settings

_REPOSITORY = Path(__file__).parents[3]

LISTENERS, RECORDINGS = "listeners", "recordings"
"""What a claim may need that this run does not have."""


@dataclass(frozen=True)
class Quantity:
    """A number that rules can read, in addition to losses and metrics.

    Attributes:
        words: what it is.
        unit: its unit, written after a number.
        reads: the kinds of files that it is computed from.
        of: what its configurations have: a `signal`, a `device` or an `auxiliary` network; None for all.
        by_seed: whether every seed has one of its own.
        scaled: whether it depends on how long, or on how much, a run trains.
        of_learning: whether it says nothing about a network that has learned nothing.
    """

    words: str
    unit: str = ""
    reads: tuple[str, ...] = ()
    of: str | None = None
    by_seed: bool = True
    scaled: bool = True
    of_learning: bool = False


SCORE = "score"
"""The quantity of a rule of kind `heard`, which no other rule reads."""

OWN_QUANTITIES: Mapping[str, Quantity] = {
    SCORE: Quantity("mean score of the listeners", of="device"),
    "parameters": Quantity("number of parameters", by_seed=False, scaled=False),
    "wall_time_s": Quantity("training time", "s"),
    "peak_memory_mib": Quantity("peak memory", "MiB"),
    "late_training_mse": Quantity(
        "training MSE, mean over the last half of the epochs", "", ("histories",), "signal", of_learning=True
    ),
    "choice_cost_percent": Quantity(
        "rise of the test loss if the validation loss chooses the seed", "%", (), "device", of_learning=True
    ),
    "running_speed": Quantity(
        "computing time per second of audio", "s", ("running_speeds",), "device", by_seed=False, scaled=False
    ),
    "update_overhead_percent": Quantity(
        "extra time of an update with the filter", "%", ("training_times",), "device", by_seed=False
    ),
    "target.above_10_khz_db": Quantity(
        "energy of the device's output above 10 kHz, relative to all of it", "dB", ("errors",), "device", False, False
    ),
    "prediction.end_level_db": Quantity(
        "level of the prediction's last half without its mean, relative to the target",
        "dB",
        ("predictions", "signals"),
        "signal",
    ),
    "generation.effective_length_percent": Quantity(
        "effective length of the generation", "% of the signal", ("states", "metrics"), "signal", of_learning=True
    ),
    "reconstruction.start_ratio": Quantity(
        "peak of the reconstruction's start over the RMS of its rest", "", ("reconstructions",), "auxiliary"
    ),
}
"""By name. `rules/claims.smk` knows the paths of what they read."""


def reads_of(quantity: str, settings: Settings) -> tuple[str, ...]:
    """The kinds of files that a quantity of a configuration with these settings is read from."""
    if quantity in OWN_QUANTITIES:
        reads = OWN_QUANTITIES[quantity].reads
    elif quantity.startswith("prediction.error_"):
        reads = ("errors",)
    else:
        reads = (("metrics",) if "device" in settings else ("states", "metrics")) if "." in quantity else ()
    # How many seeds there are, and how close the network is to an output of zeros.
    return tuple(dict.fromkeys(("selections", *reads)))


def configurations_of(*rules: Settings) -> list[str]:
    """The configurations of some rules, each once, in order of first mention."""
    return list(dict.fromkeys(name for rule in rules for name in [*rule["of"], *rule.get("over", [])]))


def expand_claims(
    config: Mapping[str, Any], grids: Mapping[str, list[str]], merged: Mapping[str, Settings]
) -> Settings:
    """Read the papers' claims from their files, check all claims, and write out grids, sweeps and the paper of each.

    Args:
        config: the whole configuration, with its sweeps expanded.
        grids: the members of each grid.
        merged: all configurations, those of sweeps among them, merged with their presets.

    Raises:
        InputError: a file cannot be read, a rule lacks what its kind needs, a configuration or quantity does not exist,
            or a claim belongs to no paper; the message names the key, or the file and the claim.
    """
    groups = {name: sweep["points"] for name, sweep in config.get("sweeps", {}).items()} | dict(grids)
    claims: dict[str, Settings] = {}
    for where, name, claim in _declared(config):
        if name in claims:
            raise InputError(f"{where}: there already is a claim of this name; choose another")
        rules = [
            _expanded(f"{where}.rules[{index}]", rule, groups, merged, config)
            for index, rule in enumerate(claim.get("rules", []))
        ]
        if bool(rules) == (claim.get("needs") == LISTENERS):
            raise InputError(f"{where}: give it either rules or 'needs: {LISTENERS}'")
        claims[name] = {**claim, "rules": rules, "paper": _paper(where, claim, rules, config)}
        for index, rule in enumerate(rules):
            _check_rule(f"{where}.rules[{index}]", rule, merged)
    return {**config, "claims": claims}


def _declared(config: Mapping[str, Any]) -> Iterator[tuple[str, str, Settings]]:
    """All claims: where each stands, for messages, and its name. Those of papers come first."""
    for paper, settings in config["papers"].items():
        file = settings.get("claims")
        if file is None:
            continue
        path = _REPOSITORY / file
        if not path.is_file():
            raise InputError(
                f"papers.{paper}.claims: there is no {file} next to the Snakefile; name a file, or remove it"
            )
        claims = read_file(path)
        check_claims_schema(claims, file)
        for name, claim in claims.items():
            yield f"{file} (papers.{paper}.claims): claims.{name}", name, {"paper": paper, **claim}
    for name, claim in config.get("claims", {}).items():
        yield f"claims.{name}", name, claim


def _expanded(
    where: str, rule: Settings, groups: Mapping[str, list[str]], known: Collection[str], config: Mapping[str, Any]
) -> Settings:
    """A rule with the configurations that it names, one by one."""
    _check_keys(where, rule)
    if rule["kind"] == HEARD:
        return {**rule, "quantity": SCORE, "of": _models_heard(where, rule, config)}
    sides = {side: _members(f"{where}.{side}", rule[side], groups, known) for side in ("of", "over") if side in rule}
    return {**rule, **sides}


def _check_rule(where: str, rule: Settings, merged: Mapping[str, Settings]) -> None:
    _check_pairs(where, rule)
    for configuration in configurations_of(rule):
        if configuration in merged:
            _check_quantity(f"{where}.quantity", rule["quantity"], configuration, merged[configuration])


def _members(where: str, names: str | list[str], groups: Mapping[str, list[str]], known: Collection[str]) -> list[str]:
    """The configurations that one side of a rule names.

    A member that a grid or a sweep does not have in this run, since an overlay has shortened its list, is kept: the
    verdict then says that it is missing.
    """
    members = []
    for name in [names] if isinstance(names, str) else names:
        if name in groups:
            members += groups[name]
            continue
        if not any(name.startswith(f"{group}_") for group in groups):
            require_known(where, name, [*known, *groups])
        members.append(name)
    return list(dict.fromkeys(members))


def _models_heard(where: str, rule: Settings, config: Mapping[str, Any]) -> list[str]:
    """The configurations of the two conditions that listeners compared."""
    tests = config.get("listening", {})
    require_known(f"{where}.test", rule["test"], tests)
    groups = tests[rule["test"]]["groups"]
    require_known(f"{where}.group", rule["group"], groups)
    models = groups[rule["group"]]
    for condition in rule["conditions"]:
        require_known(f"{where}.conditions", condition, models)
    return [models[condition] for condition in rule["conditions"]]


def _paper(where: str, claim: Settings, rules: list[Settings], config: Mapping[str, Any]) -> str:
    if "paper" in claim:
        require_known(f"{where}.paper", claim["paper"], config["papers"])
        return claim["paper"]
    for configuration in configurations_of(*rules):
        preset = config["configurations"].get(configuration, {}).get("preset")
        for paper, own in config["papers"].items():
            if preset in own.get("presets", []):
                return paper
    raise InputError(f"{where}: belongs to no paper; name one of {', '.join(config['papers'])} with 'paper: ...'")


def _check_keys(where: str, rule: Settings) -> None:
    kind = RULE_KINDS[rule["kind"]]
    for key in RULE_KEYS:
        if (key in kind.needs) != (key in rule):
            do = f"needs '{key}'; add it" if key in kind.needs else f"has no '{key}'; remove it"
            raise InputError(f"{where}: '{rule['kind']}' {do}")
    limits = [key for key in ("at_least", "at_most") if key in rule]
    if bool(limits) != kind.limits:
        do = "needs 'at_most' or 'at_least'; add one" if kind.limits else f"has no '{limits[0]}'; remove it"
        raise InputError(f"{where}: '{rule['kind']}' {do}")
    if len(limits) == 2 and rule["at_least"] > rule["at_most"]:
        raise InputError(f"{where}.at_least: {rule['at_least']} is above at_most, {rule['at_most']}; choose less")


def _check_pairs(where: str, rule: Settings) -> None:
    if rule["kind"] == PAIRED and len({len(rule["of"]), len(rule["over"])} - {1}) > 1:
        raise InputError(
            f"{where}: 'of' has {len(rule['of'])} configurations and 'over' {len(rule['over'])}; give both as many, or "
            "one of them a single one"
        )


def _check_quantity(where: str, quantity: str, name: str, settings: Settings) -> None:
    own = OWN_QUANTITIES.get(quantity)
    if own is None:
        losses = losses_of(settings)
        if "device" in settings:
            losses = (*losses, *(f"{part}_{name}" for part in ("test", "validation") for name in FILTERS))
        check_quantity(where, quantity, [*losses, *OWN_QUANTITIES])
        require_auxiliary(where, {"configuration": name, "quantity": quantity}, settings)
    elif own.of is not None and own.of not in settings:
        raise InputError(f"{where}: '{name}' has no {own.of}, which '{quantity}' is about; choose another quantity")
