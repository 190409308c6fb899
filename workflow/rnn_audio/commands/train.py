"""`python -m rnn_audio train`: a model of what turns one recording into another, by the workflow, without YAML."""

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rnn_audio.atomic import check_writable, replacing
from rnn_audio.commands.watching import run_watched
from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.files import load_yaml
from rnn_audio.configuration.own_pair import as_yaml, name_of, own_pair, validate_every
from rnn_audio.devices.repeats import find_repeat
from rnn_audio.devices.sources import SPLITS, DeviceRecordings, load_device
from rnn_audio.errors import InputError
from rnn_audio.formats.processing import open_sound
from rnn_audio.jobs.progress import format_duration
from rnn_audio.losses.preemphasis import NAMES
from rnn_audio.types import Settings

SHORTEST_S = 3.0
"""Shortest pair: its tenth for the test is then a third of a second."""

FEW_EPOCHS = 20

_SHOWN_LINES = 30
_START_UP_S = 4.0  # of a job that trains
_BEFORE_AND_AFTER_S = 20.0  # Snakemake, preparation, tables, figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "INPUT is what went into an amplifier or effect, TARGET what came out: recorded at once, equally long, at one\n"
        "rate. Minutes of playing are better than seconds. The pair is checked first: rate, length, level, clipping,\n"
        "silence, hum, latency (which is corrected), drift, echo, polarity, and how alike the target is where the\n"
        "input repeats.\n\n"
        "The folder is an ordinary run of the workflow. The same command goes on where a stopped one was."
    )
    parser.add_argument("input", type=Path, metavar="INPUT.wav", help="the dry recording: WAV, FLAC or AIFF")
    parser.add_argument("target", type=Path, metavar="TARGET.wav", help="the device's output")
    parser.add_argument("--size", type=int, default=32, metavar="UNITS", help="LSTM units (default: 32)")
    parser.add_argument(
        "--filter", choices=NAMES, default="a_weighting", help="pre-emphasis before the loss (default: a_weighting)"
    )
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="models, of which the best is kept (5)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=10, metavar="M", help="about how long it may take (10)")
    length.add_argument("--epochs", type=int, metavar="E", help="length of each training, instead of --minutes")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where all goes (default: TARGET-model)")
    parser.add_argument("--cores", type=int, metavar="C", help="processor cores to use (default: all)")
    for side in ("input", "target"):
        parser.add_argument(f"--{side}-channel", type=int, metavar="C", help=f"which channel of the {side}, from 0")
    parser.add_argument(
        "--latency", choices=["correct", "report"], default="correct", help="what to do about a late target (correct)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the pair, train, and say how good the best model is."""
    root = checkout()
    _check_numbers(arguments)
    name = name_of(arguments.target)
    folder = arguments.output or Path(f"{name}-model")
    cores = arguments.cores or _cores()
    rate_hz = _common_rate(arguments.input, arguments.target)
    planned = _plan(arguments, name, rate_hz, root)
    recordings = _checked_pair(planned, name)
    check_writable(folder)
    settings = _earlier(folder, planned, arguments)
    if settings is None:
        planned = _with_epochs(
            planned, name, arguments.epochs or _epochs_in(arguments, planned, name, recordings, cores)
        )
        with replacing(folder / "config.yaml") as temporary:
            temporary.write_text(as_yaml(planned, root / "Snakefile"), encoding="utf-8")
        settings = planned
    return _train(root, folder, name, cores)


def checkout() -> Path:
    """The folder of the Snakefile; raises InputError where only the library is installed, or Snakemake is not."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "Snakefile").is_file():
        raise InputError(
            f"{root}: there is no Snakefile, which an installed library does not have; train from a clone of the "
            "repository (with PYTHONPATH=workflow, or after 'pip install -e .' in it)"
        )
    if importlib.util.find_spec("snakemake") is None:
        raise InputError("snakemake is not installed, by which the training runs; install the pinned requirements.txt")
    return root


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_numbers(arguments: argparse.Namespace) -> None:
    counts = {"--size": arguments.size, "--seeds": arguments.seeds, "--epochs": arguments.epochs}
    for option, number in {**counts, "--cores": arguments.cores, "--minutes": arguments.minutes}.items():
        if number is not None and not 0 < number < float("inf"):
            raise InputError(f"{option}: {number} is too few; give a number above 0")


def _common_rate(*paths: Path) -> int:
    rates = []
    for path in paths:
        with open_sound(path) as file:
            rates.append(file.samplerate)
            if file.frames < SHORTEST_S * file.samplerate:
                raise InputError(
                    f"{path}: lasts {file.frames / file.samplerate:.1f} s, too short to learn from; give at least "
                    f"{SHORTEST_S:g} s, better minutes"
                )
    if len(set(rates)) > 1:
        both = " and ".join(f"{path} has {rate_hz} Hz" for path, rate_hz in zip(paths, rates, strict=True))
        raise InputError(f"{both}: resample one of them, since both need the same rate")
    return rates[0]


def _plan(arguments: argparse.Namespace, name: str, rate_hz: int, root: Path) -> Settings:
    """The run's configuration, with one epoch for the time being."""
    with open_sound(arguments.input) as file:
        train_samples = int(0.8 * file.frames)
    return own_pair(
        name,
        _preset(root),
        input=arguments.input,
        target=arguments.target,
        channels={"input_channel": arguments.input_channel, "target_channel": arguments.target_channel},
        latency=arguments.latency,
        rate_hz=rate_hz,
        segment_samples=min(round(rate_hz / 2), train_samples // 4),
        hidden_size=arguments.size,
        pre_emphasis=arguments.filter,
        seeds=range(1, arguments.seeds + 1),
        epochs=1,
    )


def _preset(root: Path) -> Settings:
    """The amplifiers' preset; on a CPU as in the laptop profile, whose small batches learn more in an hour."""
    files = [root / "config.yaml"]
    if resolve_accelerator("auto") == "cpu":
        files.append(root / "profiles/laptop/settings.yaml")
    preset: Settings = {}
    for file in files:
        preset |= load_yaml(file)["presets"]["amplifier"]
    return preset


def _checked_pair(planned: Settings, name: str) -> DeviceRecordings:
    """The recordings, checked; what was measured and found is printed."""
    device = planned["devices"][name]
    with _words_of_the_command(name):
        recordings = load_device(name, device, Path())
        print(f"{'':34}{'input':>10}{'target':>10}")
        for own in recordings.measured:
            advice = "" if own.advice == "nothing" else f"   {_in_words(own.advice, name)}"
            print(f"{own.name:<34}{_number(own.input):>10}{_number(own.target):>10}{advice}")
        sides = [np.concatenate([recordings.pairs[split][side] for split in SPLITS]) for side in (0, 1)]
        repeat = find_repeat(*sides, device["rate_hz"])
        if repeat is None:
            print("no passage of the input comes twice, so the target's self-consistency is not known")
        else:
            finding = repeat.finding(Path(device["file"]["target"]).name, device["rate_hz"])
            same = f"the target is the same to {100 * repeat.difference:.2g} % of its power where the input repeats"
            print(same if finding is None else finding.message)
        for message in recordings.corrections:
            print(message)
    return recordings


@contextmanager
def _words_of_the_command(name: str) -> Iterator[None]:
    """Turn keys of the configuration, which the user has not written, into the command's options."""
    try:
        yield
    except InputError as error:
        raise InputError(_in_words(str(error), name)) from error


def _in_words(message: str, name: str) -> str:
    section = f"devices.{name}"
    options = {f"{section}.file.{side}_channel": f"--{side}-channel" for side in ("input", "target")}
    options[f"choose other shares in {section}.split, or another recording"] = "give a recording without this pause"
    options |= {f"{section}.latency": "--latency", f"{section}.file": "the command", section: "the command"}
    for key, option in options.items():
        message = message.replace(key, option)
    return message


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _earlier(folder: Path, planned: Settings, arguments: argparse.Namespace) -> Settings | None:
    """The configuration of a run that is already in the folder, if it is the same one but for its epochs."""
    import yaml

    path = folder / "config.yaml"
    if not path.is_file():
        return None
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        (name,) = settings["configurations"]
        epochs = settings["configurations"][name]["epochs"]
        same = _with_epochs(planned, name, epochs) == settings
    except (yaml.YAMLError, KeyError, TypeError, ValueError, UnicodeDecodeError):
        same, epochs = False, None
    if not same or arguments.epochs not in (None, epochs):
        raise InputError(f"{path}: belongs to a run of another command; choose another --output, or remove the folder")
    print(f"{folder}: goes on, with {epochs} epochs as before")
    return settings


def _with_epochs(planned: Settings, name: str, epochs: int) -> Settings:
    if name not in planned["configurations"]:
        raise KeyError(name)
    preset = planned["presets"]["pair"] | {"validate_every_epochs": validate_every(epochs)}
    own = planned["configurations"][name] | {"epochs": epochs}
    return planned | {"presets": {"pair": preset}, "configurations": {name: own}}


def _epochs_in(
    arguments: argparse.Namespace, planned: Settings, name: str, recordings: DeviceRecordings, cores: int
) -> int:
    """Epochs for `--minutes`, by the time that one takes here."""
    from rnn_audio.speed.pace import seconds_per_epoch

    accelerator, seeds = resolve_accelerator("auto"), len(planned["seeds"])
    models, at_once = (seeds, 1) if accelerator == "cuda" else (1, min(cores, seeds))
    rounds = -(-seeds // (models * at_once))
    # Of a long training, whose validations are rare.
    settings = load_experiment(_with_epochs(planned, name, 100)).configurations[name]
    epoch_s = seconds_per_epoch(settings, recordings, accelerator, models, at_once)
    left_s = 60 * arguments.minutes - _BEFORE_AND_AFTER_S - rounds * _START_UP_S
    epochs = max(1, int(left_s / (rounds * epoch_s)))
    print(
        f"an epoch takes {epoch_s:.2g} s on this machine's {accelerator} ({at_once} at once): {epochs} epochs of "
        f"{seeds} models in about {arguments.minutes:g} min"
    )
    if epochs < FEW_EPOCHS:
        print("that is little training; more minutes, fewer seeds or fewer units help")
    return epochs


def _train(root: Path, folder: Path, name: str, cores: int) -> int:
    from rnn_audio.commands.trained import describe

    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile")]
    command += ["--directory", str(folder), "--cores", str(cores), "all"]
    environment = {key: value for key, value in os.environ.items() if key != "SNAKEMAKE_PROFILE"}
    log, started = folder / "snakemake.log", time.monotonic()
    try:
        status = run_watched(command, environment, log, folder / "results")
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on where it was ({folder})", file=sys.stderr)
        return 130
    if status:
        text = log.read_text(encoding="utf-8")
        print("\n".join(text.splitlines()[-_SHOWN_LINES:]), file=sys.stderr)
        if "LockException" in text:
            unlock = " ".join([*command[1:7], "--unlock"])
            raise InputError(f"{folder}: another run has it, or was killed; if none runs, call 'python {unlock}' once")
        raise InputError(f"{log}: the run ended with an error, whose last lines are above")
    print(f"done in {format_duration(time.monotonic() - started)}\n")
    text = describe(folder, name)
    with replacing(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(text)
    return 0
