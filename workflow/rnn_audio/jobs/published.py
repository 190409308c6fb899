"""A published model as a configuration's only one: converted, and measured as those that were trained here."""

from pathlib import Path

import numpy as np

from rnn_audio.devices.published_model import require_fitting
from rnn_audio.evaluation.device_performance import process_recording
from rnn_audio.formats.files import read_model, write_model
from rnn_audio.formats.portable import PortableModel
from rnn_audio.jobs.provenance import digest, library_versions, source_revision
from rnn_audio.losses.preemphasis import MINIMUM_PHASE
from rnn_audio.networks.model_file import INITIAL_STATE, ModelShape
from rnn_audio.records import Record, write_json
from rnn_audio.types import Settings
from rnn_audio.wav import read_wav

DESCRIBED_BY = ("device", "hidden_size", "skip", "pre_emphasis", "select_by", "model", "a_weighting_design")
"""Settings of a configuration that say something of a model that was not trained here."""


def convert_published(
    name: str, settings: Settings, seed: int, published: Path, recordings: list[Path], model_path: Path, run_path: Path
) -> None:
    """Write a published model as `model.safetensors`, and `run.json` with its losses; there is no history.

    It is measured from a state of zeros, as the others are: the state of a `.nam` file is left out.

    Args:
        name: the configuration's name.
        settings: its resolved settings.
        seed: the place among the seeds that the model takes.
        published: its file.
        recordings: input and target of val and test.
        model_path: path of the weights to write.
        run_path: path of the record to write.

    Raises:
        InputError: the file is not a model that can be read, or not of the size, skip and rate that are declared.
    """
    import torch

    from rnn_audio.evaluation.device_sounds import whole_losses, zero_loss
    from rnn_audio.jobs.runtime import accelerator_name, peak_memory_mib, prepare_process

    prepare_process("cpu", 1)
    sounds = [read_wav(path) for path in recordings]
    rate_hz = sounds[0][1]
    read = read_model(published)
    require_fitting(f"configurations.{name}", settings, read, rate_hz)
    weights = {key: array for key, array in read.weights.items() if key not in INITIAL_STATE}
    model = PortableModel(weights, read.skip, rate_hz, name)
    write_model(model, model_path, "safetensors")
    design = settings.get("a_weighting_design", MINIMUM_PHASE)
    losses: dict[str, float] = {}
    for prefix, (source, _), (target, _) in (("validation", *sounds[:2]), ("test", *sounds[2:])):
        output = torch.from_numpy(process_recording(model_path, source)).unsqueeze(0)
        by_filter = whole_losses(torch.from_numpy(target), output, rate_hz, design=design)
        losses |= {f"{prefix}_{filter_name}": values[0] for filter_name, values in by_filter.items()}
        losses[f"{prefix}_loss"] = losses[f"{prefix}_{settings['pre_emphasis']}"]
    record: Record = {
        "name": name,
        "seed": seed,
        "configuration": {key: settings[key] for key in DESCRIBED_BY if key in settings},
        "published": {"file": published.name, "name": read.name, "sha256": digest([published])},
        "parameters": sum(int(np.prod(shape)) for shape in ModelShape(model.hidden_size).parameter_shapes().values()),
        "samples": 0,
        "rate_hz": rate_hz,
        "losses": losses,
        "zero_loss": {"test_loss": zero_loss(sounds[3][0], rate_hz, settings["pre_emphasis"], design)},
        "linear_prediction_mse": {},
        "versions": library_versions(),
        "source_revision": source_revision(Path(__file__).parent),
        # Nothing was trained here.
        "measured": {
            "wall_time_s": 0.0,
            "models_at_once": 1,
            "peak_memory_mib": peak_memory_mib("cpu"),
            "accelerator": "cpu",
            "accelerator_name": accelerator_name("cpu"),
            "engine": "none",
            "threads": 1,
        },
    }
    write_json(run_path, record)
