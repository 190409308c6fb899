import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.workspace import Config, Plan, Workspace

# One file of each job that a configuration's models feed.
OF_BOTH = ("tables/losses.csv",)
OF_STEADY = (*OF_BOTH, "tables/sounds_of_steady.csv", "figures/waves.svg")
OF_CHOPPED = (*OF_BOTH, "figures/curves.svg")


def jobs(plan: Plan) -> set[str]:
    """One file a job: of outputs with several suffixes, the first; of sounds, the generation. The page is made again
    with any of them."""
    assert "report.html" in plan.files
    others = (".md", ".tex", ".html", ".png", "history.csv", "run.json")
    files = {file for file in plan.files if not file.endswith(others) and not file.startswith("predictions/")}
    return {file for file in files if not (file.startswith("generations/") and file.endswith(".json"))}


def behind_training(configuration: str) -> set[str]:
    """Its selection, and what the page plays and links to."""
    return {
        f"models/{configuration}/selection.json",
        f"generations/{configuration}.wav",
        f"metrics/{configuration}.json",
    }


def models(configuration: str, *seeds: int) -> set[str]:
    return {f"models/{configuration}/seed-{seed}/model.safetensors" for seed in seeds}


def touch(*paths: Path) -> None:
    for path in paths:
        os.utime(path)


def write_recording(path: Path, seed: int, seconds: float) -> None:
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * 48000))
    soundfile.write(path, noise, 48000, subtype="FLOAT")


def use_recordings(config: Config) -> None:
    sine = config["signals"]["sine"]
    for name in ("small", "large"):
        config["signals"][name] = sine | {"source": "file", "file": {"path": f"{name}.wav"}}


def test_finished_run_has_nothing_left_to_do(done: Workspace) -> None:
    assert "Nothing to be done" in done.make()


def test_what_changes_no_result_reruns_nothing(done: Workspace) -> None:
    """All of it at once, for a plan takes a second."""
    sources = [path for path in (done.folder / "workflow").rglob("*") if path.is_file()]
    touch(done.folder / "Snakefile", done.folder / "config.yaml", *sources)
    touch(
        done.results / "signals/sine/source.wav",
        done.results / "models/steady/seed-1/model.safetensors",
        done.results / "models/chopped/selection.json",
        done.results / "predictions/steady.wav",
    )
    for module in ("rnn_audio/speed/estimate.py", "rnn_audio/jobs/packs/composition.py"):
        done.edit_library(module)
    done.edit_config(lambda config: config["signals"]["sine"].update(file={"path": "recordings/not_chosen.wav"}))
    assert done.read_config()["accelerator"] == "auto"
    done.edit_config(lambda config: config.update(accelerator="cpu"))
    assert not done.plan("--cores", "1", "--resources", "gpu=3").files


def test_learning_rate_reruns_only_what_its_configuration_feeds(done: Workspace) -> None:
    done.edit_config(lambda config: config["configurations"]["chopped"].update(learning_rate=0.002))
    assert jobs(done.plan()) == {*models("chopped", 1, 2), *behind_training("chopped"), *OF_CHOPPED}


def test_preset_reruns_every_configuration_that_takes_its_value(done: Workspace) -> None:
    def change(config: Config) -> None:
        config["configurations"]["chopped"]["learning_rate"] = config["presets"]["overfit"]["learning_rate"]
        config["presets"]["overfit"]["learning_rate"] = 0.002

    done.edit_config(change)
    assert jobs(done.plan()) == {*models("steady", 1, 2), *behind_training("steady"), *OF_STEADY}


def test_further_seed_trains_no_earlier_seed_again(done: Workspace) -> None:
    names = ("steady", "chopped")
    earlier = {done.results / path: (done.results / path).stat().st_mtime_ns for path in models("steady", 1, 2)}
    done.edit_config(lambda config: config["seeds"].append(3))
    plan = done.plan()
    assert plan.made_by("train") == {
        f"models/{name}/seed-3/{file}"
        for name, file in product(names, ("model.safetensors", "history.csv", "run.json"))
    }
    assert plan.made_by("select_best") == {f"models/{name}/selection.json" for name in names}
    output = done.make("models")
    assert "Training 2 model(s) of 2 configuration(s)" in output
    assert {path: path.stat().st_mtime_ns for path in earlier} == earlier


def test_dropped_seed_trains_nothing(done: Workspace) -> None:
    done.edit_config(lambda config: config["seeds"].remove(2))
    plan = done.plan()
    assert not plan.made_by("train")
    assert plan.made_by("select_best") == {"models/steady/selection.json", "models/chopped/selection.json"}


def test_further_configuration_leaves_the_others_alone(done: Workspace) -> None:
    def change(config: Config) -> None:
        config["configurations"]["reset"] = config["configurations"]["chopped"] | {"carry_state": False}
        config["figures"]["curves"]["panels"].append({"configuration": "reset", "title": "State reset"})

    done.edit_config(change)
    assert jobs(done.plan()) == {*models("reset", 1, 2), *behind_training("reset"), "figures/curves.svg"}


def test_caption_reruns_only_its_table(done: Workspace) -> None:
    done.edit_config(lambda config: config["tables"]["losses"].update(caption="Another"))
    assert jobs(done.plan()) == {"tables/losses.csv"}


def test_module_of_training_leaves_the_signals_alone(done: Workspace) -> None:
    done.edit_library("rnn_audio/training/adam.py")
    everything = {*models("steady", 1, 2), *models("chopped", 1, 2), *OF_STEADY, *OF_CHOPPED}
    assert jobs(done.plan()) == {*everything, *behind_training("steady"), *behind_training("chopped")}


def test_module_of_a_generator_reruns_everything(done: Workspace) -> None:
    done.edit_library("rnn_audio/signals/sine.py")
    plan = done.plan()
    assert plan.made_by("prepare_signal") == {"signals/sine/source.wav"}
    assert plan.made_by("resample_signal") == {"signals/sine/8000.wav", "signals/sine/4000.wav"}
    assert {*models("steady", 1, 2), *models("chopped", 1, 2)} <= plan.files


@pytest.mark.parametrize(
    ("module", "remade"),
    [
        ("rnn_audio/reporting/figures/style.py", {"figures/waves.svg", "figures/curves.svg"}),
        ("rnn_audio/reporting/tables/rendering.py", {"tables/losses.csv", "tables/sounds_of_steady.csv"}),
        ("rnn_audio/reporting/figures/waveforms.py", {"figures/waves.svg"}),
        ("rnn_audio/reporting/figures/loss_curves.py", {"figures/curves.svg"}),
        ("scripts/plot.py", {"figures/waves.svg", "figures/curves.svg"}),
        ("rnn_audio/reporting/page/decks.py", set()),
        ("rnn_audio/reporting/page/static/player.js", set()),
    ],
)
def test_module_reruns_only_what_imports_it(done: Workspace, module: str, remade: set[str]) -> None:
    done.edit_library(module)
    assert jobs(done.plan()) == remade


def test_recordings_are_taken_in_again_when_their_content_changes(fresh: Workspace) -> None:
    """One that Snakemake hashes, and one that is too large for that."""
    seconds = {"small": 0.1, "large": 12.0}
    recordings = {name: fresh.folder / f"{name}.wav" for name in seconds}
    for name, path in recordings.items():
        write_recording(path, seed=1, seconds=seconds[name])
    fresh.edit_config(use_recordings)
    sources = [str(fresh.results.relative_to(fresh.folder) / f"signals/{name}/source.wav") for name in seconds]
    fresh.make(*sources)
    assert not fresh.plan(*sources).files
    touch(*recordings.values())
    assert not fresh.plan(*sources).files, "a touched recording is prepared again"
    for name, path in recordings.items():
        write_recording(path, seed=2, seconds=seconds[name])
    everything = {f"signals/{name}/source.wav" for name in seconds}
    assert fresh.plan(*sources).files == everything
    for path in recordings.values():
        os.utime(path, (1e9, 1e9))
    assert fresh.plan(*sources).files == everything, "a recording with an older date is not noticed"
