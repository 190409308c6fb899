"""What a run says before it starts: how the estimate grows, what corrects it, and what is named."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.speed.estimate import Plan, plan_run, remaining_s, write_plan
from rnn_audio.speed.job_times import job_seconds
from rnn_audio.speed.run_status import State, read_status
from rnn_audio.training.recipe import Recipe

Settings = dict[str, Any]

SIGNAL = {
    "signal": "tone",
    "rate_hz": 8000,
    "hidden_size": 64,
    "batch_size": 64,
    "epochs": 100_000,  # so long that starting up does not count
    "teacher_forcing": "always",
    "update_length_samples": None,
}
DEVICE = SIGNAL | {
    "device": "amplifier",
    "segment_samples": 1000,
    "warm_up_samples": 100,
    "update_length_samples": 200,
    "batch_size": 10,
}
FREE_RUNNING = SIGNAL | {"epochs": 1000, "free_running": {"horizon": "full"}}
SECONDS = {"d": 86400, "h": 3600, "min": 60, "s": 1}


def training_seconds(settings: Settings, samples: int) -> float:
    return Recipe.from_settings(settings).seconds(samples)


def experiment(folder: Path, duration_samples: int = 1000) -> Experiment:
    tone = {"source": "synthetic", "duration_samples": duration_samples, "synthetic": {"rate_hz": 8000}}
    return Experiment({"pathvars": {"results": str(folder)}, "signals": {"tone": tone}}, {})


def write_run(
    folder: Path, name: str, ratio: float, accelerator: str = "cpu", settings: Settings = SIGNAL, samples: int = 1000
) -> Path:
    """A finished run that took `ratio` times as long as the estimate says."""
    path = folder / "models" / name / "seed-1" / "run.json"
    path.parent.mkdir(parents=True)
    measured = {"accelerator": accelerator, "wall_time_s": ratio * training_seconds(settings, samples)}
    path.write_text(json.dumps({"configuration": settings, "samples": samples, "measured": measured}))
    return path


Jobs = list[list[tuple[Settings, int]]]


def plan_of(base: Experiment, jobs: Jobs, accelerator: str, at_once: int, **more: Any) -> Plan:  # noqa: ANN401
    """The plan of models that are given by their settings."""
    settings = {json.dumps(own): own for pack in jobs for own, _ in pack}
    packs = [[(json.dumps(own), seed) for own, seed in pack] for pack in jobs]
    return plan_run(replace(base, configurations=settings), packs, accelerator, at_once, **more)


def describe_plan(*arguments: Any) -> str:  # noqa: ANN401
    return plan_of(*arguments).message


def said_seconds(plan: str) -> float:
    """The duration that a plan states."""
    duration = re.search(r"about ((?:\d+ (?:d|h|min|s)\s?)+)", plan)
    assert duration is not None, plan
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+) (d|h|min|s)\b", duration[1]))


@given(epochs=st.integers(1, 1000), factor=st.integers(2, 50))
@pytest.mark.parametrize("settings", [SIGNAL, DEVICE], ids=["signal", "device"])
def test_the_estimate_grows_linearly_with_the_epochs(settings: Settings, epochs: int, factor: int) -> None:
    once = training_seconds(settings | {"epochs": epochs}, 5000)
    assert once > 0
    assert training_seconds(settings | {"epochs": factor * epochs}, 5000) == pytest.approx(factor * once)


def test_the_estimate_grows_linearly_with_a_signals_length() -> None:
    # With one update a sequence, whatever its length, equal steps of length cost equal steps of time.
    times = [training_seconds(SIGNAL, samples) for samples in (1000, 2000, 3000)]
    assert times[1] - times[0] == pytest.approx(times[2] - times[1])
    assert times[2] > times[1] > times[0]
    # With an update every 100 samples, all of the time grows with the length.
    truncated = SIGNAL | {"update_length_samples": 100}
    assert training_seconds(truncated, 3000) == pytest.approx(3 * training_seconds(truncated, 1000))


def test_a_growing_horizon_saves_the_samples_that_are_not_yet_learned() -> None:
    def seconds(samples: int, start_samples: int, full_at_share: float) -> float:
        horizon = {"start_samples": start_samples, "full_at_share": full_at_share}
        return training_seconds(FREE_RUNNING | {"free_running": {"horizon": horizon}}, samples)

    # A quarter of the epochs over 1000 samples, a quarter over 2000, half over 4000: 2750 on average.
    assert seconds(4001, 1000, 0.5) == pytest.approx(training_seconds(FREE_RUNNING, 2751))
    assert seconds(4001, 4000, 0.5) == pytest.approx(training_seconds(FREE_RUNNING, 4001))
    # Four times the multiplications, but no longer wait for a sample than before.
    larger = training_seconds(FREE_RUNNING | {"hidden_size": 128}, 4001)
    assert 2 * seconds(4001, 4000, 0.5) < larger < 4 * seconds(4001, 4000, 0.5)


def test_the_estimate_grows_linearly_with_a_devices_batches() -> None:
    # Ten segments of 1000 samples are one batch.
    assert training_seconds(DEVICE, 50_000) == pytest.approx(5 * training_seconds(DEVICE, 10_000))
    # A begun batch costs as many steps as a full one, and a partial segment none.
    assert training_seconds(DEVICE, 41_000) == pytest.approx(training_seconds(DEVICE, 50_000))
    assert training_seconds(DEVICE, 50_999) == pytest.approx(training_seconds(DEVICE, 50_000))


@pytest.mark.parametrize("settings", [SIGNAL, DEVICE], ids=["signal", "device"])
@pytest.mark.parametrize("change", [{"hidden_size": 128}, {"update_length_samples": 20}])
def test_larger_models_and_more_updates_take_longer(settings: Settings, change: Settings) -> None:
    assert training_seconds(settings | change, 10_000) > training_seconds(settings, 10_000)


def test_a_larger_batch_is_more_work_for_a_signal_and_fewer_steps_for_a_device() -> None:
    larger = {"batch_size": 200}
    assert training_seconds(SIGNAL | larger, 10_000) > training_seconds(SIGNAL, 10_000)
    assert training_seconds(DEVICE | larger, 200_000) < training_seconds(DEVICE, 200_000)


def test_mixing_true_and_own_samples_takes_longer() -> None:
    mixed = SIGNAL | {"teacher_forcing": {"schedule": "exponential", "base": 0.9}}
    assert training_seconds(mixed, 1000) > 1.1 * training_seconds(SIGNAL, 1000)


def test_nothing_to_train_is_said(tmp_path: Path) -> None:
    assert describe_plan(experiment(tmp_path), [], "cpu", 2).startswith("No model to train")


def test_the_plan_names_models_configurations_device_and_duration(tmp_path: Path) -> None:
    jobs = [[(SIGNAL, 1)], [(SIGNAL, 2)], [(SIGNAL | {"hidden_size": 32}, 1)]]
    plan = describe_plan(experiment(tmp_path), jobs, "cpu", 2)
    assert "3 model(s) of 2 configuration(s) on cpu, 2 at a time" in plan
    expected = 2 * training_seconds(SIGNAL, 1000) + training_seconds(SIGNAL | {"hidden_size": 32}, 1000)
    assert said_seconds(plan) == pytest.approx(expected / 2, rel=0.02)
    assert "another machine's CPU" in plan
    on_gpu = describe_plan(experiment(tmp_path), jobs, "cuda", 2)
    assert "from times on an NVIDIA H100" in on_gpu
    assert said_seconds(on_gpu) < 0.1 * expected


def test_the_time_is_that_of_the_data_it_trains_on(tmp_path: Path) -> None:
    short, long = (
        said_seconds(describe_plan(experiment(tmp_path, samples), [[(SIGNAL, 1)]], "cpu", 1))
        for samples in (1000, 5000)
    )
    expected = training_seconds(SIGNAL, 5000) / training_seconds(SIGNAL, 1000)
    assert long / short == pytest.approx(expected, rel=0.02)


def test_models_at_once_share_the_time_but_none_takes_less_than_its_own(tmp_path: Path) -> None:
    one = said_seconds(describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 4))
    jobs = [[(SIGNAL, seed)] for seed in range(8)]
    assert said_seconds(describe_plan(experiment(tmp_path), jobs, "cpu", 1)) == pytest.approx(8 * one, rel=0.02)
    assert said_seconds(describe_plan(experiment(tmp_path), jobs, "cpu", 4)) == pytest.approx(2 * one, rel=0.02)
    long = SIGNAL | {"epochs": 100 * SIGNAL["epochs"]}
    mixed = [*jobs, [(long, 1)]]
    assert said_seconds(describe_plan(experiment(tmp_path), mixed, "cpu", 4)) == pytest.approx(100 * one, rel=0.02)
    assert "1 at a time" in describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 4)


@pytest.mark.parametrize(("ratios", "median"), [([3.0], 3.0), ([0.5, 2.0, 100.0], 2.0), ([1.0, 3.0], 2.0)])
def test_runs_on_disk_correct_the_estimate(tmp_path: Path, ratios: list[float], median: float) -> None:
    jobs = [[(SIGNAL, 1)]]
    uncorrected = said_seconds(describe_plan(experiment(tmp_path), jobs, "cpu", 1))
    for index, ratio in enumerate(ratios):
        # Whatever was trained: what counts is how far off the estimate was.
        settings = SIGNAL | {"hidden_size": 8 + index, "epochs": 10}
        write_run(tmp_path, f"run_{index}", ratio, settings=settings, samples=500 + index)
    plan = describe_plan(experiment(tmp_path), jobs, "cpu", 1)
    assert said_seconds(plan) == pytest.approx(median * uncorrected, rel=0.02)
    assert f"from the times of {len(ratios)} model(s) trained here" in plan


def test_runs_on_another_device_correct_nothing(tmp_path: Path) -> None:
    before = describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1)
    write_run(tmp_path, "other", 5.0, accelerator="cuda")
    assert describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1) == before
    assert "from the times of 1 model(s)" in describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cuda", 1)


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"configuration": {',
        "{}",
        "[]",
        '{"measured": {"accelerator": "cpu", "wall_time_s": 1}, "configuration": {}}',
    ],
    ids=["empty", "cut short", "no keys", "a list", "keys of another version"],
)
def test_a_run_that_cannot_be_used_is_no_reason_to_stop(tmp_path: Path, content: str) -> None:
    write_run(tmp_path, "whole", 2.0)
    broken = write_run(tmp_path, "broken", 7.0)
    broken.write_text(content)
    plan = describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1)
    assert "from the times of 1 model(s)" in plan


def test_a_pack_costs_a_gpu_one_model_and_a_cpu_all_of_them(tmp_path: Path) -> None:
    long = SIGNAL | {"epochs": 100 * SIGNAL["epochs"]}  # so that the start of the jobs does not count
    alone, pack = [[(long, 1)]], [[(long, seed) for seed in range(4)]]
    for accelerator, factor in (("cuda", 1), ("cpu", 4)):
        once = said_seconds(describe_plan(experiment(tmp_path), alone, accelerator, 4))
        plan = describe_plan(experiment(tmp_path), pack, accelerator, 4)
        assert said_seconds(plan) == pytest.approx(factor * once, rel=0.02)
        assert f"4 model(s) of 1 configuration(s) in 1 pack(s) on {accelerator}, 1 at a time" in plan


@pytest.mark.parametrize(("accelerator", "ratio"), [("cuda", 8.0), ("cpu", 2.0)])
def test_a_packs_time_on_a_cpu_is_that_of_its_models(tmp_path: Path, accelerator: str, ratio: float) -> None:
    uncorrected = said_seconds(describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1))
    path = write_run(tmp_path, "packed", 8.0, accelerator=accelerator)
    run = json.loads(path.read_text())
    run["measured"]["models_at_once"] = 4
    path.write_text(json.dumps(run))
    corrected = said_seconds(describe_plan(experiment(tmp_path), [[(SIGNAL, 1)]], accelerator, 1))
    assert corrected == pytest.approx(ratio * uncorrected, rel=0.02)


def test_other_jobs_are_named_and_count(tmp_path: Path) -> None:
    jobs = {"table": 12, "plot_waveforms": 3, "plot_decays": 2, "generate": 4, "select_best": 9}
    alone = plan_of(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1)
    plan = plan_of(experiment(tmp_path), [[(SIGNAL, 1)]], "cpu", 1, others=jobs)
    first, second = plan.message.splitlines()
    assert first == alone.message
    assert "4 sound set(s), 12 table(s), 5 figure(s) and 9 smaller job(s)" in second
    assert alone.others_s == 0
    expected = sum(count * job_seconds(rule, experiment(tmp_path)) for rule, count in jobs.items())
    assert plan.others_s == pytest.approx(expected)
    assert plan.total_s() == pytest.approx(sum(plan.trainings_s.values()) + expected)
    assert said_seconds(second) == pytest.approx(plan.total_s(), rel=0.02)


def test_a_job_that_runs_alone_keeps_the_other_cores_from_working(tmp_path: Path) -> None:
    for rule, factor in (("table", 1), ("measure_running_speed", 4)):
        plan = plan_of(experiment(tmp_path), [], "cpu", 4, others={rule: 1}, cores=4, alone=["measure_running_speed"])
        seconds = job_seconds(rule, experiment(tmp_path))
        assert plan.total_s() == pytest.approx(factor * seconds / 4)


def test_what_remains_is_shared_but_takes_no_less_than_the_longest() -> None:
    assert remaining_s([], 0.0, 2) == 0
    assert remaining_s([4.0, 2.0], 6.0, 2) == 6
    assert remaining_s([9.0, 1.0], 2.0, 4) == 9


def test_the_plan_of_a_run_is_read_by_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    plan = replace(
        plan_of(experiment(results), [[(SIGNAL, 1)]], "cpu", 3), trainings_s={("room", 1): 90.0}, others_s=30
    )
    monkeypatch.chdir(tmp_path)
    write_plan(Path("results"), plan, Path("results/logs"))
    (results / "checkpoints").mkdir()
    (results / "checkpoints" / "waiting.json").write_text('{"packs": [[{"configuration": "room", "seed": 1}]]}')
    log = results / "logs" / "train" / "room" / "seed-1.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-01-01 10:00:00,000 INFO configuration room, seed 1, on cpu\n")
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    status = read_status(Path("../results"))
    assert [(model.label, model.state) for model in status.models] == [("room seed 1", State.TRAINING)]
    assert status.left_s == pytest.approx(90 + 30)
    assert status.basis == plan.basis
