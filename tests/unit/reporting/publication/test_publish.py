import json
from pathlib import Path

import pytest

from rnn_audio.__main__ import main
from rnn_audio.errors import InputError
from rnn_audio.records import read_json, write_json
from rnn_audio.reporting.publication import publish as publishing
from rnn_audio.reporting.publication.publish import publish
from rnn_audio.reporting.publication.what_was_run import what_was_run


def write_run(results: Path, name: str, seed: int, *, loss: float = 0.5, torch: str = "2.13.0") -> None:
    folder = results / "models" / name / f"seed-{seed}"
    folder.mkdir(parents=True)
    run = {
        "name": name,
        "seed": seed,
        "configuration": {"epochs": 3, "select_by": "prediction_mse"},
        "losses": {"prediction_mse": loss, "prediction_mse_median": 0.1},
        "history_sha256": f"{name} {seed}",
        "measured": {"wall_time_s": 720.0, "models_at_once": 2, "peak_memory_mib": 300.4, "accelerator_name": "A CPU"},
        "source_revision": "abc",
        "versions": {"torch": torch},
    }
    write_json(folder / "run.json", run)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    results = tmp_path / "results"
    for seed in (1, 2):
        write_run(results, "room", seed)
    write_run(results, "sine", 1, torch="2.12.0")
    for part, name in [
        ("tables", "t.csv"),
        ("tables", "t.md"),
        ("tables", "t.tex"),
        ("figures", "f.svg"),
        ("figures", "f.png"),
    ]:
        (results / part).mkdir(exist_ok=True)
        (results / part / name).write_text(f"content of {name}")
    (results / "tables" / "t.csv").write_text("quantity,configuration\na,room\na,sine\n")
    return results


def test_what_was_run_is_counted_and_named(results: Path) -> None:
    record = what_was_run(results)
    assert record["models"] == 3
    assert record["training_hours"] == pytest.approx(3 * 360 / 3600)
    assert record["peak_memory_mib"] == 300
    assert record["processors"] == ["A CPU"]
    assert record["versions"] == {"torch": "2.12.0, 2.13.0"}
    assert record["configurations"]["room"]["losses"] == {"1": {"prediction_mse": 0.5}, "2": {"prediction_mse": 0.5}}
    assert record["configurations"]["room"]["histories"] == {"1": "room 1", "2": "room 2"}


def test_tables_figures_and_claims_are_copied_and_shown(results: Path, tmp_path: Path) -> None:
    (results / "claims.md").write_text("claims")
    publish(results, tmp_path / "out", "A run")
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"README.md", "run.json", "claims.md", "tables/t.csv", "tables/t.md", "figures/f.svg"}
    index = (tmp_path / "out" / "README.md").read_text()
    assert index.startswith("# A run\n")
    for part in (
        "content of t.md",
        "(tables/t.csv)",
        "(figures/f.svg)",
        "(claims.md)",
        "18 minutes",
        "torch 2.12.0, 2.13.0",
    ):
        assert part in index
    assert str(tmp_path) not in index + (tmp_path / "out" / "run.json").read_text()


def test_settings_over_the_configuration_are_published_with_the_run(results: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("seeds: [1]\n")
    published = tmp_path / "out" / "settings.yaml"
    for settings in (own, published):  # the second time, they are already in place
        publish(results, tmp_path / "out", "A run", settings=settings)
        assert published.read_text() == "seeds: [1]\n"
        assert "(settings.yaml)" in (tmp_path / "out" / "README.md").read_text()
    with pytest.raises(InputError, match=r"gone\.yaml: no such file"):
        publish(results, tmp_path / "out", "A run", settings=tmp_path / "gone.yaml")


def test_what_is_left_out_or_gone_does_not_stay(results: Path, tmp_path: Path) -> None:
    publish(results, tmp_path / "out", "A run")
    publish(results, tmp_path / "out", "A run", without=["f"])
    assert not (tmp_path / "out" / "figures").exists()
    assert "f.svg" not in (tmp_path / "out" / "README.md").read_text()


def test_what_is_too_large_leaves_the_earlier_publication(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(results, tmp_path / "out", "A run")
    monkeypatch.setattr(publishing, "LARGEST_BYTES", 10)
    with pytest.raises(InputError, match="--without"):
        publish(results, tmp_path / "out", "Another")
    assert (tmp_path / "out" / "README.md").read_text().startswith("# A run\n")


@pytest.mark.parametrize(("missing", "message"), [("models", "no trained model"), ("tables", "no table")])
def test_a_folder_without_a_run_is_refused(missing: str, message: str, results: Path, tmp_path: Path) -> None:
    (results / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=message):
        publish(results, tmp_path / "out", "A run")
    assert not (tmp_path / "out").exists()


def test_the_commands_publish_and_compare(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["publish", str(results), str(out)]) == 0
    assert main(["compare", str(out), str(results)]) == 0
    assert "2 same bytes." in capsys.readouterr().out
    record = read_json(out / "run.json")
    record["configurations"]["room"]["losses"] = {"1": {"prediction_mse": 0.1}}
    record["configurations"]["room"]["histories"] = {"1": "another"}
    write_json(out / "run.json", record)
    assert main(["compare", str(out), str(results)]) == 1
    assert "5.000  differs" in capsys.readouterr().out


def test_a_published_folder_without_its_record_is_one_line(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path), str(results)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "run.json" in error


def test_a_record_is_json_with_a_digest(results: Path, tmp_path: Path) -> None:
    publish(results, tmp_path / "out", "A run")
    assert "sha256" in json.loads((tmp_path / "out" / "run.json").read_text())


def test_what_no_table_shows_is_not_published(results: Path, tmp_path: Path) -> None:
    write_run(results, "unfinished", 1)
    publish(results, tmp_path / "out", "A run")
    assert set(read_json(tmp_path / "out" / "run.json")["configurations"]) == {"room", "sine"}
