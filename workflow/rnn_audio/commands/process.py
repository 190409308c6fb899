"""`python -m rnn_audio process`: a sound file through a trained model."""

import argparse
import sys
import time
from pathlib import Path

from rnn_audio.commands.given_model import model_file, with_rate
from rnn_audio.commands.progress import StatusLine, bar
from rnn_audio.formats.files import read_model
from rnn_audio.formats.portable import PortableModel
from rnn_audio.formats.processing import open_sound, process_file
from rnn_audio.jobs.progress import format_duration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog = (
        "The output is WAV with 32-bit floats, of the input's rate, channels and length. Each channel is processed for "
        "itself. The sound is read and written in blocks, so that an hour needs no more memory than a second."
    )
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="a model's file (.safetensors, .nam, .json, .onnx), or a folder of results/models",
    )
    parser.add_argument("input", type=Path, metavar="IN.wav", help="a sound: WAV, FLAC, AIFF, ...")
    parser.add_argument("output", type=Path, metavar="OUT.wav", help="the model's output; an older file is replaced")
    parser.add_argument("--rate", type=int, metavar="HZ", help="the model's sampling rate, if its file does not say it")


def run(arguments: argparse.Namespace) -> int:
    """Process the file; what is done goes to standard error."""
    model = with_rate(read_model(model_file(arguments.model)), arguments.rate)
    with open_sound(arguments.input) as file:
        rate_hz, seconds = file.samplerate, file.frames / file.samplerate
    print(_said(arguments.model, model, rate_hz), file=sys.stderr)
    line, started = StatusLine(), time.monotonic()

    def progress(done: int, frames: int) -> None:
        pace = done / rate_hz / max(1e-9, time.monotonic() - started)
        left = format_duration((frames - done) / rate_hz / pace)
        line.show(f"{bar(done / frames)}  {left} left, {pace:.3g} times as fast as it plays")

    process_file(model, arguments.input, arguments.output, progress=progress)
    took_s = time.monotonic() - started
    line.end(f"{arguments.output}: {format_duration(seconds)} of sound in {took_s:.1f} s")
    return 0


def _said(path: Path, model: PortableModel, rate_hz: int) -> str:
    if model.rate_hz is None:
        return f"{path} does not say its sampling rate: the sound is taken as it is, at {rate_hz} Hz (or give --rate)"
    if round(model.rate_hz) == rate_hz:
        return f"{path}: {model.hidden_size} units, {rate_hz} Hz"
    return f"The sound is resampled from {rate_hz} Hz to {model.rate_hz:g} Hz, the model's rate, and back"
