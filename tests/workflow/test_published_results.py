"""Published results (docs/results) are of the configuration that ships, and say what they were made by."""

import csv
from pathlib import Path

import pytest
from support.configurations import overlaid, shipped_config
from support.places import REPOSITORY

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.configuration.files import read_file
from rnn_audio.records import read_json
from rnn_audio.reporting.publication.comparison import agree, compare_runs
from rnn_audio.reporting.publication.publish import LARGEST_BYTES, SETTINGS

FOLDERS = sorted(path.parent for path in (REPOSITORY / "docs" / "results").glob("*/run.json"))


@pytest.fixture(scope="module")
def experiments() -> dict[Path, Experiment]:
    """Of each publication: the configuration that ships, with the publication's settings over it."""
    overlays = {folder: folder / SETTINGS for folder in FOLDERS}
    return {
        folder: load_experiment(overlaid(shipped_config(), read_file(path) if path.exists() else {}))
        for folder, path in overlays.items()
    }


def test_there_are_published_results_of_a_size_for_a_repository() -> None:
    assert FOLDERS
    files = [path for folder in FOLDERS for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES
    assert {path.suffix for path in files} <= {".json", ".md", ".csv", ".svg", ".yaml"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_models_were_trained_with_the_settings_that_ship(folder: Path, experiments: dict[Path, Experiment]) -> None:
    for name, record in read_json(folder / "run.json")["configurations"].items():
        ours = experiments[folder].configurations[name]
        differing = [key for key, value in record["settings"].items() if ours.get(key, value) != value]
        assert differing == [], f"{name}: published with other settings than config.yaml's"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_tables_are_of_models_in_the_record(folder: Path) -> None:
    trained = read_json(folder / "run.json")["configurations"]
    for path in (folder / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            shown = {row.get("configuration") for row in csv.DictReader(file)} - {"", None}  # baselines; a size
        assert shown <= set(trained), path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_publication_agrees_with_itself(folder: Path) -> None:
    configurations = read_json(folder / "run.json")["configurations"]
    rows = compare_runs(configurations, configurations)
    assert agree(rows)
    assert {row.verdict for row in rows} == {"same bytes"}
