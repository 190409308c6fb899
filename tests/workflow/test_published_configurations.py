"""A published model as a configuration: planned and measured like others, and never trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.configurations import Config, shipped_config
from support.portable_models import noise, random_model
from support.small_device import SIDES, use_device, write_pair
from support.workspace import Workspace

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.evaluation.selection import select_best
from rnn_audio.formats.files import read_model, write_model
from rnn_audio.jobs.packs.composition import compose_packs
from rnn_audio.jobs.published import convert_published
from rnn_audio.records import read_json
from rnn_audio.wav import write_wav

RATE_HZ = 44100
MODEL = {"path": "theirs.json"}


def with_published(config: Config, model: Config = MODEL) -> Config:
    config["configurations"]["theirs"] = {
        "preset": "amplifier",
        "hidden_size": 6,
        "pre_emphasis": "none",
        "model": model,
    }
    return config


def test_only_its_conversion_is_planned_next_to_the_trainings(fresh: Workspace) -> None:
    def change(config: Config) -> None:
        use_device(config)
        with_published(config)
        config["configurations"] = {"theirs": config["configurations"]["theirs"], "ours": {"preset": "amplifier"}}
        row = {"labels": {"who": "somebody"}}
        table = {"kind": "device_losses", "select_by": "test_loss", "caption": "Both", "labels": {"who": "Who"}}
        rows = [row | {"configuration": name} for name in config["configurations"]]
        config["tables"], config["figures"] = {"both": table | {"rows": rows}}, {}

    fresh.edit_config(change)
    write_pair(fresh.folder)
    write_model(random_model(), fresh.folder / "theirs.json", "coreaudioml")
    plan = fresh.plan("all")
    assert plan.made_by("convert_published") == {
        f"models/theirs/seed-1/{file}" for file in ("model.safetensors", "run.json")
    }
    assert {file.split("/")[1] for file in plan.made_by("train")} == {"ours"}
    assert "models/theirs/selection.json" in plan.made_by("select_best")
    assert {"exports/theirs", "exports/ours"} == plan.made_by("export")
    assert "tables/both.md" in plan.files


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    """Input and target of val and test; the target is the model's input."""
    paths = []
    for split in ("val", "test"):
        for side in SIDES:
            path = tmp_path / f"{split}-{side}.wav"
            write_wav(path, noise(3000, seed=len(paths) // 2), RATE_HZ)
            paths.append(path)
    return paths


def convert(tmp_path: Path, recordings: list[Path], **changes: object) -> dict:
    settings = {"device": "amp", "hidden_size": 6, "skip": True, "pre_emphasis": "highpass", "select_by": "test_loss"}
    run = tmp_path / "run.json"
    published = tmp_path / "theirs.json"
    convert_published(
        "theirs", settings | {"model": MODEL} | changes, 1, published, recordings, tmp_path / "model.safetensors", run
    )
    return dict(read_json(run))


def test_it_is_converted_and_measured(tmp_path: Path, recordings: list[Path]) -> None:
    # The output is half the input above the model's own, so the error of a target equal to the input is known.
    weights = {name: np.zeros_like(array) for name, array in random_model().weights.items()}
    halved = replace(random_model(), weights=weights | {"linear.bias": np.full(1, 0.25, np.float32)})
    write_model(halved, tmp_path / "theirs.json", "coreaudioml")
    run = convert(tmp_path, recordings)
    power = np.mean(noise(3000, seed=1) ** 2)
    assert run["losses"]["test_none"] == pytest.approx(2 * 0.25**2 / power, rel=1e-4)  # ESR and DC loss of an offset
    assert run["losses"]["test_loss"] == run["losses"]["test_highpass"] < run["losses"]["test_none"]
    assert (run["samples"], run["measured"]["wall_time_s"], run["parameters"]) == (0, 0.0, 223)
    assert run["published"]["file"] == "theirs.json"
    assert "epochs" not in run["configuration"]
    assert "history_sha256" not in run
    model = read_model(tmp_path / "model.safetensors")
    assert (model.skip, model.hidden_size, model.rate_hz) == (True, 6, RATE_HZ)
    selection = select_best("theirs", [run], "test_loss")
    assert (selection["chosen_seed"], list(selection["seeds"])) == (1, ["1"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hidden_size": 8}, r"^configurations\.theirs\.hidden_size: the model 'small' has another one; set it to 6"),
        ({"skip": False}, r"^configurations\.theirs\.skip: the model 'small' has another one; set it to true"),
    ],
)
def test_a_configuration_has_to_say_what_the_model_is(
    changes: Config, told: str, tmp_path: Path, recordings: list[Path]
) -> None:
    write_model(random_model(), tmp_path / "theirs.json", "coreaudioml")
    with pytest.raises(InputError, match=told):
        convert(tmp_path, recordings, **changes)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.fixture
def experiment() -> Experiment:
    config = with_published(shipped_config())
    config["scale"]["name"] = "smaller"
    row = {"configuration": "theirs", "labels": {"pre_emphasis": "theirs"}}
    config["tables"]["amplifier_table_1"]["rows"].append(row)
    return load_experiment(config)


def test_it_has_one_place_among_the_seeds_and_is_in_no_pack(experiment: Experiment) -> None:
    assert experiment.published == ["theirs"]
    assert experiment.seeds_of("theirs") == [1]
    assert experiment.seeds_of("amplifier_32_none") == [1, 2, 3, 4, 5]
    packed = {name for pack in compose_packs(experiment, "cpu") for name, _ in pack}
    assert packed == set(experiment.trained) == set(experiment.configurations) - {"theirs"}


def test_tables_say_that_it_was_not_trained_here(experiment: Experiment) -> None:
    notes = experiment.table_notes("amplifier_table_1")
    assert "Configuration 'theirs': the published model theirs.json, not trained here." in notes
    assert any("trained for 750 epochs" in note for note in notes)


def test_what_only_a_training_has_is_refused() -> None:
    config = with_published(shipped_config())
    config["figures"]["amplifier_loss_curves"]["panels"].append("theirs")
    with pytest.raises(InputError, match="'theirs' is a published model, but 'loss_curves' shows trainings; remove it"):
        load_experiment(config)
    config = with_published(shipped_config())
    config["sweeps"]["sizes"] = {
        "configuration": config["configurations"]["theirs"],
        "vary": "learning_rate",
        "values": [0.1, 0.2],
        "quantities": ["test_loss"],
        "caption": "Sizes",
    }
    with pytest.raises(InputError, match="a published model has no settings that could be varied"):
        load_experiment(config)
