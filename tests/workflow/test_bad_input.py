"""A user's mistakes: each is told once, before anything is made, by the name of the file or key that is wrong.

The inputs stand in support/bad_input.py, in the files that it joins and in support/bad_artefacts.py, and in
docs/bad-input.md for users.
"""

import logging
import re
from pathlib import Path

import pytest
import yaml
from support.bad_artefacts import ARTEFACTS, REMEDY, Artefact, write_sound_file
from support.bad_case import Case
from support.bad_input import CASES
from support.places import REPOSITORY
from support.workspace import Workspace, tiny_config

from rnn_audio.configuration.files import check_file
from rnn_audio.errors import InputError
from rnn_audio.jobs.preparation import set_up
from rnn_audio.records import write_history
from rnn_audio.signals.sources import load_source

IN_PROCESS = [case for case in CASES if case.library and not case.used]
REAL = [case for case in CASES if case.real]
USED = [case for case in CASES if case.used]


def name(case: Case | Artefact) -> str:
    return f"{case.kind}: {case.given}"


def made(folder: Path) -> set[str]:
    """Result files, wherever a configuration lets them go."""
    suffixes = {".safetensors", ".json", ".csv", ".log", ".partial"}
    return {
        str(path.relative_to(folder))
        for path in folder.parent.rglob("*")
        if path.suffix in suffixes and ".snakemake" not in path.parts
    }


def start(folder: Path, case: Case) -> None:
    """What the workflow does with its configuration before the first job."""
    config = tiny_config()
    content = case.make(folder, config)
    if content is not None:
        path = Path("config.yaml")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        check_file(path)
        config = yaml.safe_load(path.read_bytes())
    set_up(config, inspect_recordings=True)


@pytest.mark.parametrize("case", IN_PROCESS, ids=name)
def test_mistake_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(InputError) as caught:
        start(folder, case)
    message = str(caught.value)
    assert case.said in message
    assert "\n" not in message
    assert len(message) < 600 or case.given == "a path that is too long"
    assert made(folder) == set()


@pytest.mark.parametrize("case", REAL, ids=name)
def test_snakemake_tells_a_mistake_and_makes_nothing(fresh: Workspace, case: Case) -> None:
    config = fresh.read_config()
    content = case.make(fresh.folder, config)
    fresh.write_config(config)
    if content is not None:
        (fresh.folder / "config.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    run = fresh.snakemake("--cores", "2", *case.arguments)
    assert run.status != 0
    assert run.output.count(case.said) == 1, run.output
    assert "Traceback" not in run.output
    assert "Training" not in run.output
    assert made(fresh.folder) == set()
    assert not (fresh.folder / "x").exists()


@pytest.mark.parametrize("case", USED, ids=name)
def test_odd_recording_is_used_and_the_log_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, case: Case
) -> None:
    config = tiny_config()
    case.make(tmp_path, config)
    monkeypatch.chdir(tmp_path)
    experiment, _ = set_up(config, inspect_recordings=True)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        samples, _ = load_source("sine", experiment.source_settings("sine"), tmp_path)
    assert samples.shape == (128,)
    assert sum(case.said in record.getMessage() for record in caplog.records) == 1, caplog.text


@pytest.mark.parametrize("case", ARTEFACTS, ids=name)
def test_spoilt_file_is_told_by_name_and_never_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Artefact
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / case.name
    write_sound_file(path)
    case.read(path)
    case.spoil(path)
    with pytest.raises(InputError) as caught:
        case.read(path)
    assert case.said in str(caught.value)
    assert REMEDY in str(caught.value) or "correct or remove" in case.said  # what listeners sent is not made again
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_jobs_that_read_spoilt_files_name_them_and_leave_nothing_behind(done: Workspace) -> None:
    models = done.results / "models"
    spoilt = {
        models / "chopped/seed-1/run.json": (b'{"seed": 1', "select_best/chopped.log"),
        models / "steady/seed-1/model.safetensors": (b"\x80\x04K\x01.", "generate/steady.log"),
        models / "steady/seed-2/model.safetensors": (b"\x80\x04K\x01.", "generate/steady.log"),
    }
    for path, (content, _) in spoilt.items():
        path.write_bytes(content)
    write_history(models / "chopped/seed-2/history.csv", {"training_mse": [0.5]})
    run = done.snakemake("--cores", "2")
    assert run.status != 0
    assert "Traceback" not in run.output
    assert "bug" not in run.output
    for log in {log for _, log in spoilt.values()}:
        (line,) = (done.results / "logs" / log).read_text(encoding="utf-8").splitlines()[-1:]
        assert any(str(path.relative_to(done.folder)) in line for path in spoilt)
        assert REMEDY in line
    assert not (models / "chopped/selection.json").exists()
    assert not (done.results / "generations/steady.wav").exists()


@pytest.mark.parametrize(
    "arguments", [("--configfile", "nowhere.yaml"), ("--config", "seeds")], ids=["no such file", "no value"]
)
def test_command_line_that_snakemake_itself_refuses_makes_nothing(fresh: Workspace, arguments: tuple[str, str]) -> None:
    run = fresh.snakemake("--cores", "2", *arguments)
    assert run.status != 0
    assert arguments[1] in run.output.strip().splitlines()[-1]
    assert made(fresh.folder) == set()


def test_mistake_in_a_source_that_is_not_chosen_is_no_mistake(fresh: Workspace) -> None:
    fresh.edit_config(lambda config: config["signals"]["sine"].update(file={"path": "nowhere.wav"}))
    assert fresh.snakemake("-n").status == 0


def rows(document: str) -> set[tuple[str, str, str]]:
    """The rows of the document's tables: chapter, what is given, what is said."""
    found = []
    for chapter in document.split("\n## ")[1:]:
        heading, _, body = chapter.partition("\n")
        lines = [re.split(r"(?<!\\) \| ", line.strip("| \n")) for line in body.splitlines() if line.startswith("|")]
        found += [(heading, given, said.strip("`")) for given, said, remedy in lines[2:] if remedy]
    assert len(found) == len(set(found))
    return set(found)


def test_document_has_a_row_for_each_input_and_no_other() -> None:
    documented = rows((REPOSITORY / "docs/bad-input.md").read_text(encoding="utf-8"))
    tested = {(case.kind, case.given, case.said) for case in [*CASES, *ARTEFACTS]}
    assert documented == tested


def test_the_inputs_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [name(case) for case in [*CASES, *ARTEFACTS]]
    assert len(set(names)) == len(names) >= 60
    assert len(REAL) >= 15
