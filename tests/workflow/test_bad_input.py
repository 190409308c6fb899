"""A user's mistakes: each is told once, before anything is made, by the name of the file or key that is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.workspace import Config, Workspace

RATE_HZ = 16000
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, RATE_HZ // 10)

Mistake = Callable[[Workspace], None]


def edit(change: Callable[[Config], object]) -> Mistake:
    return lambda workspace: workspace.edit_config(change)


def record(samples: np.ndarray, rate_hz: int = RATE_HZ, **settings: object) -> Mistake:
    """Put a recording in the place of the sine."""

    def make(workspace: Workspace) -> None:
        soundfile.write(workspace.folder / "own.wav", samples, rate_hz, subtype="FLOAT")
        use_file(workspace, **settings)

    return make


def use_file(workspace: Workspace, **settings: object) -> None:
    source = {"source": "file", "file": {"path": "own.wav", **settings}}
    workspace.edit_config(lambda config: config["signals"]["sine"].update(source))


def cut_to_header(workspace: Workspace) -> None:
    record(NOISE)(workspace)
    path = workspace.folder / "own.wav"
    path.write_bytes(path.read_bytes()[:44])


def write_text_as_sound(workspace: Workspace) -> None:
    use_file(workspace)
    (workspace.folder / "own.wav").write_text("not a sound\n" * 100, encoding="utf-8")


def rename(config: Config) -> None:
    config["configurations"]["Steady!"] = config["configurations"]["steady"]


def configuration(**settings: Any) -> Mistake:  # noqa: ANN401 (any YAML value)
    return edit(lambda config: config["configurations"]["chopped"].update(settings))


MISTAKES: dict[str, tuple[Mistake, str]] = {
    "unknown key": (configuration(learning_rat=0.1), "unknown key 'learning_rat'; did you mean 'learning_rate'?"),
    "value of the wrong type": (configuration(epochs="many"), "config.configurations.chopped.epochs: "),
    "text where YAML reads no number": (configuration(learning_rate="1e-3"), "configurations.chopped.learning_rate: "),
    "unknown signal": (configuration(signal="sin"), "configurations.chopped.signal: there is no 'sin'; did you mean"),
    "unknown preset": (configuration(preset="over"), "configurations.chopped.preset: there is no 'over'"),
    "bad name": (edit(rename), "Steady!"),
    "missing section": (edit(lambda config: config.pop("seeds")), "the key 'seeds' is missing"),
    "no seeds": (edit(lambda config: config["seeds"].clear()), "config.seeds: "),
    "table of an unknown configuration": (
        edit(lambda config: config["tables"]["losses"]["rows"][0].update(configuration="stedy")),
        "tables.losses.rows[0].configuration: there is no 'stedy'; did you mean 'steady'?",
    ),
    "GPU that is not there": (edit(lambda config: config.update(device="cuda")), "device: cuda was asked for, but "),
    "results outside the folder": (
        edit(lambda config: config["pathvars"].update(results="../elsewhere")),
        "config.pathvars.results: ",
    ),
    "missing recording": (use_file, "own.wav: no such file; correct the path in signals.sine.file"),
    "stereo without a channel": (
        record(np.column_stack([NOISE, NOISE])),
        "own.wav: has 2 channels; set signals.sine.file.channel to one of 0..1",
    ),
    "channel that is not there": (record(NOISE, channel=3), "own.wav: has no channel 3"),
    "silence": (record(np.zeros_like(NOISE)), "own.wav: the excerpt is silent"),
    "not a number": (record(np.where(np.arange(NOISE.size) == 5, np.nan, NOISE)), "own.wav: the excerpt has samples"),
    "too short": (record(NOISE[:100]), "own.wav: 128 wanted by signals.sine.duration_samples"),
    "start behind the end": (record(NOISE, start=60), "own.wav: lasts 0.1 s; set signals.sine.file.start"),
    "rate below the target": (record(NOISE, rate_hz=4000), "its rate is 4000 Hz, below the 8000 Hz"),
    "header only": (cut_to_header, "own.wav: "),
    "not a sound": (write_text_as_sound, "own.wav: cannot be read as sound"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_before_anything_is_made(fresh: Workspace, name: str) -> None:
    make_mistake, message = MISTAKES[name]
    make_mistake(fresh)
    run = fresh.snakemake("--cores", "2")
    assert run.status != 0
    assert run.output.count(message) == 1, run.output
    assert "Traceback" not in run.output
    assert made(fresh.folder) == set()


def made(folder: Path) -> set[str]:
    """Result files, wherever a configuration lets them go."""
    suffixes = {".safetensors", ".json", ".csv", ".log"}
    return {
        str(path.relative_to(folder))
        for path in folder.parent.rglob("*")
        if path.suffix in suffixes and ".snakemake" not in path.parts
    }


def test_configuration_that_is_no_yaml_is_told(fresh: Workspace) -> None:
    (fresh.folder / "config.yaml").write_text("seeds: [1, 2\ndevice: cpu\n", encoding="utf-8")
    run = fresh.snakemake("--cores", "2")
    assert run.status != 0
    assert "not valid JSON or YAML" in run.output
    assert "Traceback" not in run.output


def test_mistake_in_a_source_that_is_not_chosen_is_no_mistake(fresh: Workspace) -> None:
    fresh.edit_config(lambda config: config["signals"]["sine"].update(file={"path": "nowhere.wav"}))
    assert fresh.snakemake("-n").status == 0
