"""What a run of `train` has made, in one page of text: how good the model is, and where its files are."""

from pathlib import Path

from rnn_audio.evaluation.error_to_signal import error_to_signal
from rnn_audio.jobs.exports import esr_words
from rnn_audio.losses.preemphasis import FILTERS
from rnn_audio.records import read_json
from rnn_audio.wav import read_wav


def describe(folder: Path, name: str) -> str:
    """A text in Markdown about a finished run.

    Args:
        folder: the run's folder.
        name: its configuration.
    """
    results = folder / "results"
    selection = read_json(results / "models" / name / "selection.json")
    seed, seeds = selection["chosen_seed"], selection["seeds"]
    run = read_json(results / "models" / name / f"seed-{seed}" / "run.json")
    settings = run["configuration"]
    target, rate_hz = read_wav(results / "devices" / name / "test" / "target.wav")
    output, _ = read_wav(results / "predictions" / f"{name}.wav")
    own = FILTERS[settings["pre_emphasis"]].words
    lines = [
        f"# {name}",
        "",
        f"{settings['hidden_size']} LSTM units at {rate_hz} Hz, trained for {settings['epochs']} epochs; pre-emphasis "
        f"of the loss: {own}. Seed {seed} of {len(seeds)}, the best by its validation loss.",
        "",
        f"Error on the last tenth of the recording ({len(target) / rate_hz:.1f} s), which trained and chose nothing. "
        "An output of zeros has 1.",
        "",
        "| filter before the comparison | error-to-signal ratio | in words |",
        "| :--- | ---: | :--- |",
    ]
    for filter_name in FILTERS:
        esr = error_to_signal(target, output, filter_name, rate_hz)
        words = esr_words(esr) if filter_name == "none" else ""
        lines.append(f"| {FILTERS[filter_name].words} | {esr:.4f} | {words} |")
    lines += ["", "| file | what it is |", "| :--- | :--- |"]
    lines += [f"| {path} | {what} |" for path, what in _files(name, seed) if (folder / path).exists()]
    return "\n".join(lines) + "\n"


def _files(name: str, seed: int) -> list[tuple[str, str]]:
    return [
        (f"results/models/{name}/seed-{seed}/model.safetensors", "the model"),
        (
            f"results/exports/{name}",
            "the model for plug-ins and other programs; README.md in it says which is for what",
        ),
        ("results/report.html", "everything on one page, to look at and to listen to"),
        (f"results/predictions/{name}.wav", "the model's output for the test's input"),
        (f"results/devices/{name}/test/target.wav", "the device's own output, to compare it with"),
        (f"results/devices/{name}/checks.md", "what was measured of the recordings"),
        ("results/tables/losses.md", "the losses of all seeds, with those of simple curves"),
        ("results/figures/error.png", "the error over frequency"),
        ("results/figures/training.png", "the losses in training"),
        ("config.yaml", "the run's configuration, to go on with or to change"),
    ]
