"""The check of a GPU, here of the CPU in small sizes: what it finds, what it leaves out, and what it needs."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from support.places import REPOSITORY
from support.results import TABLE_SUFFIXES

from rnn_audio.configuration import accelerator
from rnn_audio.networks import recurrence
from rnn_audio.records import read_json, write_json
from rnn_audio.reporting.tables.gpu_check_table import build_gpu_check_table
from rnn_audio.reporting.tables.rendering import write_table
from rnn_audio.speed import gpu_check
from rnn_audio.speed.gpu_check import bad_rows, check_gpu, main
from rnn_audio.speed.gpu_check_parts import PARTS, Row, Sizes, correctness, same_bits
from rnn_audio.training import small_pack

pytestmark = pytest.mark.emulated

SMALL = Sizes(
    hidden_sizes=(4, 6),
    packs=(1, 2),
    batch=4,
    update_length=8,
    warm_up=4,
    segments=6,
    samples=20,
    epochs=10,
    validation_samples=200,
)
Record = dict[str, Any]


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """Take back what `prepare_process` has set; other tests need denormal numbers."""
    yield
    torch.set_num_threads(1)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def record() -> Record:
    return check_gpu("cpu", SMALL)


def test_every_part_is_measured_for_every_hidden_size(record: Record) -> None:
    measured = {(row["part"], row["hidden_size"]) for row in record["rows"]}
    assert measured == {(part, hidden) for part in PARTS for hidden in SMALL.hidden_sizes}
    assert all(row["value"] is not None and row["value"] >= 0 for row in record["rows"])
    assert bad_rows(record) == []
    steps = [row["models"] for row in record["rows"] if row["part"] == "step" and row["what"] == "forward"]
    assert steps == 2 * list(SMALL.packs)
    assert record["machine"]["torch"] == torch.__version__
    assert record["machine"]["engine"] == "compiled"


def test_the_whole_training_is_extrapolated_from_an_epoch(record: Record) -> None:
    epoch, whole = (
        next(row["value"] for row in record["rows"] if row["what"] == what)
        for what in ("epoch of 6 segments of 20 samples", "10 epochs, extrapolated")
    )
    assert whole == pytest.approx(10 * epoch / 60)


def test_the_table_has_every_row_and_the_machine(record: Record, tmp_path: Path) -> None:
    write_json(tmp_path / "record.json", record)
    table = build_gpu_check_table(read_json(tmp_path / "record.json"))
    paths = [tmp_path / f"table.{suffix}" for suffix in TABLE_SUFFIXES]
    write_table(table, paths)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert all(text.count(part) >= 2 for part in PARTS)
    assert record["machine"]["name"] in table.notes[-1]
    assert f"torch {torch.__version__}" in table.notes[-1]
    csv = (tmp_path / "table.csv").read_text(encoding="utf-8")
    assert csv.startswith("part,what,hidden_size,models,value,unit,verdict\ncorrectness,")
    assert ",4,2," in csv  # whole numbers stay whole


@pytest.mark.parametrize("factor", [1 + 1e-4, float("nan")])
def test_wrong_numbers_are_told(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any, run: Any = recurrence.run, **options: Any) -> Any:  # noqa: ANN401 (passed on)
        outputs, state = run(*arguments, **options)
        return factor * outputs, state

    monkeypatch.setattr(recurrence, "run", wrong)
    record = check_gpu("cpu", SMALL, {"correctness": PARTS["correctness"]})
    assert [row["verdict"] for row in record["rows"]] == 2 * ["WRONG", "right"]  # the second with mixed inputs
    assert len(bad_rows(record)) == 2
    assert "correctness, hidden 4, models 2: largest error, known inputs: " in bad_rows(record)[0]


def test_other_bits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Drifting(small_pack.BpttTrainer):
        """Its captured updates round otherwise."""

        def __init__(self, *arguments: Any, captured: bool, **options: Any) -> None:  # noqa: ANN401 (passed on)
            super().__init__(*arguments, captured=captured, **options)
            if captured:
                self.optimiser.learning_rate *= 1.001

    monkeypatch.setattr(small_pack, "BpttTrainer", Drifting)
    verdicts = {row.what.split(", ")[1]: row.verdict for row in same_bits("cpu", SMALL, 4)}
    assert verdicts == {
        "trained again": "same bits",
        "without captured updates": "DIFFERENT",
        "the first model alone": "same bits",
    }


def test_a_part_that_fails_or_takes_too_long_says_so_and_the_others_are_measured() -> None:
    def slow(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
        yield Row("first", value=1.0)
        time.sleep(30)
        yield Row("second")

    def broken(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
        raise RuntimeError("no such\nkernel")
        yield

    parts = {"slow": (slow, 1), "broken": (broken, 5), "correctness": (correctness, 60)}
    record = check_gpu("cpu", Sizes(hidden_sizes=(4,), batch=2), parts)
    found = [(row["part"], row["what"], row["verdict"]) for row in record["rows"]]
    assert found[:3] == [
        ("slow", "first", ""),
        ("slow", "the rest", "left out: out of time after 1 s"),
        ("broken", "the rest", "failed: RuntimeError: no such kernel"),
    ]
    assert [verdict for *_, verdict in found[3:]] == ["right", "right"]


def test_without_a_gpu_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(accelerator, "_obstacle_to_cuda", lambda: "the NVIDIA driver finds no GPU")
    with caplog.at_level(logging.INFO):
        assert main(["--output", str(tmp_path / "record.json")]) == 1
    assert caplog.messages == ["gpu_check needs a GPU, but the NVIDIA driver finds no GPU"]
    assert not (tmp_path / "record.json").exists()


@pytest.mark.parametrize("verdict", ["right", "WRONG"])
def test_the_command_writes_its_record_and_fails_after_wrong_numbers(
    verdict: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"part": "correctness", "hidden_size": 4, "models": 2, "what": "error", "value": 0.5, "unit": "relative"}
    found = {"machine": {"name": "a GPU"}, "rows": [row | {"verdict": verdict}], "seconds": 1.0}
    monkeypatch.setattr(gpu_check, "require_gpu", lambda who: None)
    monkeypatch.setattr(gpu_check, "check_gpu", lambda accelerator, sizes: found)
    assert main(["--output", str(tmp_path / "record.json")]) == (verdict == "WRONG")
    assert read_json(tmp_path / "record.json") == found
    assert capsys.readouterr().out == f"correctness, hidden 4, models 2: error: 0.5 relative, {verdict}\n"


def test_it_needs_nothing_that_only_the_workflow_needs() -> None:
    absent = ["snakemake", "soundfile", "resampy", "jsonschema", "pyroomacoustics", "numba", "matplotlib", "yaml"]
    program = (
        "import sys\n"
        f"sys.modules |= dict.fromkeys({absent})\n"
        "from rnn_audio.speed.gpu_check import check_gpu\n"
        "from rnn_audio.speed.gpu_check_parts import Sizes\n"
        "from rnn_audio.reporting.tables.gpu_check_table import build_gpu_check_table\n"
        "sizes = Sizes((4,), (1, 2), 4, 8, 4, 6, 20, 10, 200)\n"
        "print(build_gpu_check_table(check_gpu('cpu', sizes)).frame['verdict'].str.contains('failed').sum())\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow"), "RNN_AUDIO_ENGINE": "pytorch"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "0"), ended.stderr
