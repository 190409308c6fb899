"""What the benchmark times, and its tables and figure."""

import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from support.configurations import Config, minimal, overlaid, shipped_config

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError
from rnn_audio.records import write_json
from rnn_audio.reporting.figures.benchmark import plot_benchmark
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.tables.benchmark_tables import build_growth_table, build_training_table, build_workflow_table
from rnn_audio.speed.benchmark_records import OURS, REFERENCE
from rnn_audio.speed.estimate import plan_run, step_seconds
from rnn_audio.speed.training_benchmark import compared_cases, growing_cases, time_in_turn

METHOD = {
    "batch_size": 2,
    "samples": 40,
    "update_length_samples": 16,
    "learning_rate": 0.001,
    "packs": [1, 2],
}
SETTINGS: Config = {
    "rounds": 2,
    "hidden_sizes": [4, 8],
    "methods": {
        "truncated": METHOD,
        "device": METHOD | {"pre_emphasis": "none", "warm_up_samples": 5, "packs": [3]},
    },
    "growth": {"method": "truncated", "hidden_size": 4, "samples": [20, 40], "hidden_sizes": [4, 8], "packs": [1, 3]},
    "workflow_jobs": 10,
}


def record(method: str, recipe: str, models: int, *epochs_s: float, hidden_size: int = 64) -> dict[str, Any]:
    samples, seconds = 1000, statistics.median(epochs_s)
    return {
        "method": method,
        "recipe": recipe,
        "hidden_size": hidden_size,
        "batch_size": 10,
        "samples": samples,
        "models": models,
        "epochs_s": epochs_s,
        "seconds": seconds,
        "models_samples_per_s": samples * 10 * models / seconds,
        "step_s": seconds / samples / models,
        "peak_memory_mib": 100.0,
    }


def test_each_method_and_size_is_timed_beside_one_reference() -> None:
    groups = compared_cases(SETTINGS)
    assert [
        [(case.method, case.recipe, case.settings["hidden_size"], case.models) for case in group] for group in groups
    ] == [
        [("truncated", REFERENCE, 4, 1), ("truncated", OURS, 4, 1), ("truncated", OURS, 4, 2)],
        [("truncated", REFERENCE, 8, 1), ("truncated", OURS, 8, 1), ("truncated", OURS, 8, 2)],
        [("device", REFERENCE, 4, 1), ("device", OURS, 4, 3)],
        [("device", REFERENCE, 8, 1), ("device", OURS, 8, 3)],
    ]


def test_growth_varies_one_thing_at_a_time() -> None:
    lengths, sizes, packs = growing_cases(SETTINGS)
    assert [case.samples for case in lengths] == [20, 40]
    assert [case.settings["hidden_size"] for case in sizes] == [4, 8]
    assert [case.models for case in packs] == [1, 3]
    for group, varied in ((lengths, "samples"), (sizes, "hidden_size"), (packs, "models")):
        fixed = [(case.samples, case.settings["hidden_size"], case.models) for case in group]
        place = ("samples", "hidden_size", "models").index(varied)
        assert len({value[:place] + value[place + 1 :] for value in fixed}) == 1


def test_cases_are_timed_in_processes_of_their_own() -> None:
    (group, *_) = compared_cases(SETTINGS | {"hidden_sizes": [4], "methods": {"truncated": METHOD | {"packs": [2]}}})
    reference, ours = time_in_turn(group, "cpu", rounds=2)
    assert (reference["recipe"], ours["recipe"], ours["models"]) == (REFERENCE, OURS, 2)
    for own, learned in ((reference, 2 * 39), (ours, 2 * 2 * 39)):
        assert own["models_samples_per_s"] == pytest.approx(learned / own["seconds"])
        assert own["seconds"] == pytest.approx(sum(own["epochs_s"]) / 2)
        assert own["peak_memory_mib"] > 50


def test_speeds_stand_over_that_of_their_own_reference() -> None:
    records = [
        record("full", REFERENCE, 1, 3.0),
        record("full", OURS, 1, 1.0),
        record("full", OURS, 20, 2.0),
        record("full", REFERENCE, 1, 1.0, hidden_size=32),
        record("full", OURS, 1, 2.0, hidden_size=32),
    ]
    table = build_training_table(records, "a processor")
    assert table.frame["over_reference"].tolist() == pytest.approx([1, 3, 30, 1, 0.5])
    assert "a processor" in table.notes[-1]


def test_a_machine_that_slows_down_between_two_rounds_does_not_change_the_ratio() -> None:
    records = [record("full", REFERENCE, 1, 2.0, 4.0, 4.0), record("full", OURS, 1, 1.0, 2.0, 1.0)]
    table = build_training_table(records, "a processor")
    assert table.frame["over_reference"].tolist() == [1.0, 2.0]  # the medians' ratio would be 4
    assert "epochs_s" not in table.frame


def growth() -> list[dict[str, Any]]:
    return [record(varied, OURS, 1, 1.0) for varied in ("samples", "hidden_size", "pack")]


def test_the_other_tables_say_what_was_varied_and_what_the_workflow_took() -> None:
    assert build_growth_table(growth(), "it").frame["varied"].tolist() == [
        "length of the sequence",
        "hidden size",
        "models at once",
    ]
    timed = [{"what": "start", "jobs": None, "seconds": 2.0, "output": "text"}]
    assert build_workflow_table(timed, "it").frame.to_dict("records") == [
        {"what": "start", "jobs": None, "seconds": 2.0}
    ]


def test_the_figure_is_drawn_and_the_same_at_every_run(tmp_path: Path) -> None:
    training = [record("full", REFERENCE, 1, 3.0), record("full", OURS, 1, 1.0), record("full", OURS, 5, 1.0)]
    for name in ("a", "b"):
        write_figure(
            plot_benchmark(training, growth(), ["A note."]), [tmp_path / f"{name}.svg", tmp_path / f"{name}.png"]
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_shipped_benchmark_is_sound_and_has_paper_b_s_pack() -> None:
    shipped = shipped_config()["benchmark"]
    assert {20} <= set(shipped["methods"]["device"]["packs"])
    assert compared_cases(shipped)
    assert growing_cases(shipped)


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"growth": {"method": "truncate"}}, "benchmark.growth.method: there is no 'truncate'; did you mean"),
        (
            {"methods": {"device": {"samples": 6}}},
            r"benchmark.methods.device.samples: 6 leave\(s\) nothing to learn",
        ),
        ({"methods": {"device": {"pre_emphasis": "loud"}}}, "'loud' is not one of"),
        ({"rounds": 0}, "benchmark.rounds: 0 is less than the minimum of 1"),
    ],
)
def test_mistakes_in_the_benchmark_are_named(overlay: Config, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_experiment(minimal() | {"benchmark": overlaid(SETTINGS, overlay)})


@pytest.mark.parametrize(("accelerator", "at_once"), [("cpu", 1), ("cuda", 5)])
def test_the_estimate_of_a_run_rests_on_the_benchmark_where_nothing_was_trained(
    tmp_path: Path, accelerator: str, at_once: int
) -> None:
    """A machine on which a model takes twenty times as long as estimated; on a GPU, a pack as long as one model."""
    experiment = load_experiment(minimal())
    experiment.config["pathvars"]["results"] = str(tmp_path)
    experiment.configurations["tone_full"]["epochs"] = 10**6
    jobs = [[("tone_full", 1)]]
    unmeasured = seconds(plan_run(experiment, jobs, "cpu", 1).message)
    own = record("full", OURS, at_once, 1.0)
    own["step_s"] = 20 * step_seconds(10 * 64 * 66) / (at_once if accelerator == "cuda" else 1)
    write_json(tmp_path / "benchmark" / "training.json", {"accelerator": accelerator, "training": [own]})
    plan = plan_run(experiment, jobs, accelerator, 1).message
    assert "from this machine's benchmark" in plan
    assert seconds(plan) == pytest.approx(20 * unmeasured, rel=0.05)
    other = "cuda" if accelerator == "cpu" else "cpu"
    assert "benchmark" not in plan_run(experiment, jobs, other, 1).message


def seconds(plan: str) -> float:
    """The time that a plan tells, as in 1 h 2 min 3 s."""
    units = {"h": 3600, "min": 60, "s": 1}
    told = re.search(r"about ((?:\d+ (?:h|min|s) ?)+)", plan)
    assert told, plan
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (h|min|s)", told.group(1)))
