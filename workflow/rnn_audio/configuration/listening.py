"""Listening tests of the configuration: device models that listeners compare with the device (paper B, section 5.2).

A test makes its stimuli, pages to hold it with, and under its own name tables and a figure of its results.
"""

from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.checks import require_known
from rnn_audio.errors import InputError

REFERENCE = "reference"
"""The name of the hidden reference, which webMUSHRA gives it."""

TABLES = ("comparisons", "clips", "listeners")
"""The tables of a test other than that of its scores: `{test}_{table}`."""


def check_listening(config: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that what listening tests refer to exists, that their names are free, and that their trials are alike.

    Args:
        config: the whole configuration with the tables and figures of its sweeps and convolutions, which has passed
            `check_schema`.
        merged: its configurations, each merged with its preset.

    Raises:
        InputError: naming the key and what is allowed.
    """
    for name, test in config.get("listening", {}).items():
        where = f"listening.{name}"
        require_known(f"{where}.paper", test["paper"], config["papers"])
        for own in (name, *(f"{name}_{table}" for table in TABLES)):
            if own in config["tables"] or own in config["figures"]:
                raise InputError(f"{where}: a table or figure has the name '{own}' already; rename one of them")
        _check_groups(where, test, merged)
        _check_published(where, test)
        for index, (start_s, stop_s) in enumerate(test["clips"].get("within_s", [])):
            if stop_s <= start_s:
                raise InputError(
                    f"{where}.clips.within_s[{index}]: [{start_s:g}, {stop_s:g}] is empty; give a start below its stop"
                )


def device_of(test: Mapping[str, Any], configurations: Mapping[str, Mapping[str, Any]]) -> str:
    """The device whose models a test compares."""
    return next(configurations[name]["device"] for name in compared_models(test))


def compared_models(test: Mapping[str, Any]) -> list[str]:
    """The configurations that a test compares, each once, in their order."""
    return list(dict.fromkeys(name for conditions in test["groups"].values() for name in conditions.values()))


def _check_groups(where: str, test: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    first, conditions = next(iter(test["groups"].items()))
    device = None
    for group, own in test["groups"].items():
        if list(own) != list(conditions):
            raise InputError(
                f"{where}.groups.{group}: has {', '.join(own)}, but {first} has {', '.join(conditions)}; give all "
                "groups the same conditions in the same order"
            )
        for condition, configuration in own.items():
            key = f"{where}.groups.{group}.{condition}"
            if condition in (REFERENCE, *test["anchors"]):
                raise InputError(f"{key}: the {condition} is added by itself; choose another name")
            require_known(key, configuration, merged)
            if "device" not in merged[configuration]:
                raise InputError(f"{key}: '{configuration}' learns a signal; only models of devices can be compared")
            device = device or merged[configuration]["device"]
            if merged[configuration]["device"] != device:
                raise InputError(
                    f"{key}: '{configuration}' models '{merged[configuration]['device']}', others model '{device}'; "
                    "make a test for each device"
                )


def _check_published(where: str, test: Mapping[str, Any]) -> None:
    conditions = next(iter(test["groups"].values()))
    for group, scores in test.get("published", {}).items():
        require_known(f"{where}.published.{group}", group, test["groups"])
        for condition in scores:
            require_known(
                f"{where}.published.{group}.{condition}", condition, [*conditions, *test["anchors"], REFERENCE]
            )
