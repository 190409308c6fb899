"""`python -m rnn_audio export`: one model, of any format, written for players."""

import argparse
from dataclasses import replace
from pathlib import Path

from rnn_audio.commands.given_model import model_file, with_rate
from rnn_audio.formats.files import FORMATS, read_model, write_model
from rnn_audio.formats.portable import PortableModel
from rnn_audio.records import read_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    lines = [f"  {name:<12} {format.players}" for name, format in FORMATS.items()]
    parser.epilog = "formats:\n" + "\n".join(lines) + "\n\ndocs/models.md says how each program loads its file."
    parser.add_argument("model", type=Path, metavar="MODEL", help="a model's file, or a folder of results/models")
    parser.add_argument("--to", nargs="+", choices=FORMATS, required=True, metavar="FORMAT", help="one or more formats")
    parser.add_argument("--output", type=Path, help="a file with a suffix, or a folder (default: this one)")
    parser.add_argument("--name", help="the name that players show (default: the configuration's, or the file's)")
    parser.add_argument("--rate", type=int, metavar="HZ", help="the sampling rate, if the file does not say it")


def run(arguments: argparse.Namespace) -> int:
    """Write the files; their paths go to standard output, what a format does not say after them."""
    model = with_rate(_model(model_file(arguments.model)), arguments.rate)
    if arguments.name:
        model = replace(model, name=arguments.name)
    for format in arguments.to:
        path = _output(arguments, model, format)
        remarks = write_model(model, path, format)
        print(path)
        for remark in remarks:
            print(f"  {remark}")
    return 0


def _model(path: Path) -> PortableModel:
    """The model, with what is known of one that the workflow trained."""
    if path.name != "model.safetensors" or not path.with_name("run.json").is_file():
        return read_model(path)
    from rnn_audio.jobs.exports import trained_model

    device = read_json(path.with_name("run.json"))["configuration"].get("device")
    # results/models/{configuration}/seed-{seed}/model.safetensors
    folder = path.resolve().parents[3] / "devices" / str(device)
    recordings = [folder / "test" / f"{side}.wav" for side in ("input", "target")]
    return trained_model(
        path,
        recordings if device and all(recording.is_file() for recording in recordings) else (),
        selection=_if_there(path.parents[1] / "selection.json"),
        checks=_if_there(folder / "checks.json"),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None


def _output(arguments: argparse.Namespace, model: PortableModel, format: str) -> Path:
    name = f"{model.name}{FORMATS[format].suffix}".replace("/", "-")
    if arguments.output is None:
        return Path(name)
    if len(arguments.to) > 1 or arguments.output.is_dir() or not arguments.output.suffix:
        return arguments.output / name
    return arguments.output
