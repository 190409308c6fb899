"""A published model as a device: its output is the target, and what cannot be played is refused."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.configurations import shipped_config
from support.format_readers import play_truly
from support.portable_models import noise, random_model
from support.web_server import serving

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.devices.sources import inspect_device, load_device
from rnn_audio.errors import InputError
from rnn_audio.formats.files import write_model
from rnn_audio.formats.player import settled
from rnn_audio.types import Settings

RATE_HZ = 16000
SYNTHETIC = {"generator": "guitar_amplifier", "duration_s": 12, "seed": 3, "oversampling": 1}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.json"
    write_model(replace(random_model(), rate_hz=None), path, "coreaudioml")
    return path


def settings(path: Path, **own: object) -> Settings:
    return {
        "rate_hz": RATE_HZ,
        "split": [0.6, 0.2, 0.2],
        "latency": "correct",
        "source": "model",
        "model": {"path": str(path), **own},
        "synthetic": SYNTHETIC,
    }


def recorded(folder: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> str:
    soundfile.write(folder / "di.wav", samples, rate_hz, subtype="FLOAT")
    return str(folder / "di.wav")


def test_the_target_is_the_models_output_from_its_state_of_rest(published: Path, tmp_path: Path) -> None:
    own = settings(published, input=recorded(tmp_path, noise(3000)))
    inspect_device("amp", own, 1000)
    device = load_device("amp", own, tmp_path)
    source, target = (np.concatenate([device.pairs[split][side] for split in device.pairs]) for side in (0, 1))
    assert np.array_equal(source, noise(3000))
    model = settled(random_model())
    assert np.abs(target - play_truly(model.weights, True, noise(3000), model.state)).max() < 1e-6
    assert (device.rate_hz, device.findings, device.corrections, device.measured) == (RATE_HZ, [], [], [])


def test_without_an_input_the_synthetic_playing_goes_in(published: Path, tmp_path: Path) -> None:
    own = settings(published)
    inspect_device("amp", own)
    device = load_device("amp", own, tmp_path)
    simulated = load_device("amp", own | {"source": "synthetic"}, tmp_path)
    for split, (source, target) in device.pairs.items():
        assert np.array_equal(source, simulated.pairs[split][0])
        assert not np.array_equal(target, simulated.pairs[split][1])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(published: Path) -> Iterator[ThreadingHTTPServer]:
    with serving(Handler) as server:
        server.content = published.read_bytes()
        yield server


def test_a_download_is_checked_by_its_digest(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    own = settings(Path(), input=recorded(tmp_path, noise(3000)))
    del own["model"]["path"]
    own["model"]["address"] = f"http://127.0.0.1:{server.server_port}/Results/model_best.json"
    own["model"]["sha256"] = hashlib.sha256(server.content).hexdigest()
    inspect_device("amp", own, 1000)
    load_device("amp", own, tmp_path / "downloads")
    assert [path.suffix for path in (tmp_path / "downloads").iterdir()] == [".json"]
    own["model"]["sha256"] = "0" * 64
    with pytest.raises(InputError, match="its sha256 is"):
        load_device("amp", own, tmp_path / "others")
    assert not list((tmp_path / "others").glob("[!.]*"))


def gru(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"LSTM"', '"GRU"'), encoding="utf-8")


def at_48_khz(path: Path) -> None:
    write_model(replace(random_model(), rate_hz=48000), path, "aida-x")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (Path.unlink, r"^devices\.amp\.model: .*theirs\.json: no such file"),
        (gru, r"^devices\.amp\.model: .*theirs\.json: a GRU; only one LSTM layer"),
        (at_48_khz, r"^devices\.amp\.model: .* is a model at 48000 Hz, but the device's rate_hz is 16000"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_trains(
    spoil: Callable[[Path], None], told: str, published: Path, tmp_path: Path
) -> None:
    spoil(published)
    for attempt in (inspect_device, lambda *given: load_device(*given, tmp_path)):
        with pytest.raises(InputError, match=told):
            attempt("amp", settings(published))


def test_an_input_of_another_rate_or_without_sound_is_refused(published: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"di\.wav: its rate is 8000 Hz, but devices\.amp\.rate_hz is 16000"):
        inspect_device("amp", settings(published, input=recorded(tmp_path, noise(3000), 8000)))
    with pytest.raises(InputError, match=r"leaves 1800 of 3000 samples to train on"):
        inspect_device("amp", settings(published, input=recorded(tmp_path, noise(3000))), 2000)
    with pytest.raises(InputError, match="too low for the synthetic playing"):
        inspect_device("amp", settings(published) | {"rate_hz": 8000})


def test_the_configuration_takes_a_model_and_says_where_it_is_from() -> None:
    config = shipped_config()
    amplifier = config["devices"]["amplifier"] | {"source": "model", "gear": {"gear_type": "amp", "gear_make": "A & B"}}
    digest = {"address": "https://example.org/Results/model_best.json", "git_blob": "0" * 40}
    for model, files, from_where in (
        ({"path": "models//ht1.json"}, ["models/ht1.json"], "output of the model ht1.json for synthetic playing"),
        (
            {"path": "ht1.json", "input": "a/di.wav"},
            ["ht1.json", "a/di.wav"],
            "output of the model ht1.json for di.wav",
        ),
        (digest, [], "output of the model https://example.org/Results/model_best.json for synthetic playing"),
    ):
        config["devices"]["amplifier"] = amplifier | {"model": model}
        experiment = load_experiment(config)
        assert experiment.device_paths("amplifier") == files
        assert ("synthetic" in experiment.device_settings("amplifier")) == ("input" not in model)
        about = experiment.about_device("amplifier")
        assert about == {
            "device": "amplifier",
            "recordings": f"{from_where}, not a recording",
            "gear_type": "amp",
            "gear_make": "A & B",
        }
        assert any(from_where in note for note in experiment.table_notes("amplifier_table_1"))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({}, "a model's path, or its address with exactly one of sha256 and git_blob"),
        ({"address": "https://example.org/a.json"}, "a model's path, or its address"),
        ({"path": "a.json", "channel": 1}, "unknown key 'channel'"),
    ],
)
def test_a_section_that_is_wrong_is_told_by_the_schema(model: Settings, told: str) -> None:
    config = shipped_config()
    config["devices"]["amplifier"] |= {"source": "model", "model": model}
    with pytest.raises(InputError, match=told):
        load_experiment(config)
    config["devices"]["amplifier"].pop("model")
    with pytest.raises(InputError, match="'model' is missing"):
        load_experiment(config)
