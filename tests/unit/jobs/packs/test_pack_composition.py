"""Which models form a pack: those that share data, shape and schedule, as many as `packing` says."""

from typing import Any

import pytest
from support.configurations import AMPLIFIER, minimal

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.jobs.packs.composition import MOST_MODELS, Model, compose_packs


def experiment(packing: Any, seeds: int = 2, **configurations: dict[str, Any]) -> Experiment:  # noqa: ANN401
    config = minimal()
    config["packing"] = packing
    config["seeds"] = list(range(1, seeds + 1))
    config["presets"]["amplifier"] = dict(AMPLIFIER)
    config["configurations"] |= configurations
    return load_experiment(config)


def packs_with(composed: list[list[Model]], *configurations: str) -> list[list[Model]]:
    return [pack for pack in composed if any(name in configurations for name, _ in pack)]


def amplifiers(*filters: str, **changes: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 (any setting)
    return {name: {"preset": "amplifier", "pre_emphasis": name, **changes} for name in filters}


@pytest.mark.parametrize(("packing", "accelerator"), [("auto", "cpu"), (False, "cuda"), ("off", "cuda"), (1, "cuda")])
def test_packing_can_be_off(packing: Any, accelerator: str) -> None:  # noqa: ANN401
    assert all(len(pack) == 1 for pack in compose_packs(experiment(packing), accelerator))


@pytest.mark.parametrize("packing", ["auto", False, 1, 3, 100])
@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
def test_each_model_is_in_one_pack(packing: Any, accelerator: str) -> None:  # noqa: ANN401
    given = experiment(packing, seeds=5, **amplifiers("none", "highpass"))
    models = [model for pack in compose_packs(given, accelerator) for model in pack]
    assert sorted(models) == sorted((name, seed) for name in given.configurations for seed in given.seeds)


def test_seeds_of_a_configuration_are_a_pack() -> None:
    given = compose_packs(experiment(5, seeds=3), "cpu")
    assert packs_with(given, "tone_full") == [[("tone_full", seed) for seed in (1, 2, 3)]]
    assert packs_with(given, "tone_sub") == [[("tone_sub", seed) for seed in (1, 2, 3)]]


def test_filters_of_a_device_are_mixed_seed_by_seed() -> None:
    composed = compose_packs(experiment(3, **amplifiers("none", "highpass")), "cpu")
    assert packs_with(composed, "none", "highpass") == [[("none", 1), ("highpass", 1), ("none", 2)], [("highpass", 2)]]


@pytest.mark.parametrize(
    "change", [{"hidden_size": 4}, {"epochs": 11}, {"batch_size": 3}, {"learning_rate": 0.1}, {"skip": False}]
)
def test_all_else_has_to_be_equal(change: dict[str, Any]) -> None:
    others = {"other": {"preset": "amplifier", "pre_emphasis": "highpass", **change}}
    composed = compose_packs(experiment(10, **amplifiers("none"), **others), "cpu")
    assert sorted(len(pack) for pack in packs_with(composed, "none", "other")) == [2, 2]


def test_a_further_seed_changes_no_earlier_pack_that_is_full() -> None:
    before = compose_packs(experiment(2, seeds=4, **amplifiers("none", "highpass")), "cpu")
    after = compose_packs(experiment(2, seeds=5, **amplifiers("none", "highpass")), "cpu")
    assert all(pack in after for pack in before)


def test_on_a_gpu_each_size_of_table_1_is_one_pack(shipped: Experiment) -> None:
    composed = compose_packs(shipped, "cuda")
    for size in (32, 64):
        (pack,) = packs_with(composed, f"amplifier_{size}_none")
        assert len(pack) == MOST_MODELS == 4 * 5
    assert all(len(pack) <= MOST_MODELS for pack in composed)


def test_what_waits_for_another_model_or_has_an_auxiliary_network_trains_alone(shipped: Experiment) -> None:
    for pack in compose_packs(shipped, "cuda"):
        settings = shipped.configurations[pack[0][0]]
        starts = settings.get("free_running", {}).get("start_from") is not None
        assert len(pack) == (1 if starts or "auxiliary" in settings else len(pack))
        assert len(pack) > 1 or starts or "auxiliary" in settings


def test_long_sequences_make_smaller_packs() -> None:
    def largest(update_length: int) -> int:
        own = {"long": {"preset": "overfit", "signal": "tone", "rate_hz": 8000, "update_length_samples": update_length}}
        changed = experiment("auto", seeds=30, **own)
        changed.configurations["long"].update(batch_size=64, hidden_size=256)
        return max(len(pack) for pack in packs_with(compose_packs(changed, "cuda"), "long"))

    assert [largest(length) for length in (100, 2000, 4000, 100_000)] == [20, 6, 3, 1]
