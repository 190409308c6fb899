from pathlib import Path

import pytest
from support.workspace import Workspace, tiny_config

SIGNALS = ("signals/sine/source.wav", "signals/sine/8000.wav", "signals/sine/4000.wav")


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """The environment variable of an empty cache between workflows."""
    (tmp_path / "cache").mkdir()
    return {"SNAKEMAKE_OUTPUT_CACHE": str(tmp_path / "cache")}


def sounds(workspace: Workspace) -> list[bytes]:
    return [(workspace.results / name).read_bytes() for name in SIGNALS]


def test_signals_that_pass_through_the_cache_are_the_same(
    fresh: Workspace, done: Workspace, cache: dict[str, str]
) -> None:
    fresh.make("signals", "--cache", **cache)
    assert sounds(fresh) == sounds(done)
    assert sounds(fresh)[1] != sounds(fresh)[2]


def test_second_workspace_takes_its_signals_from_the_cache(
    fresh: Workspace, tmp_path: Path, cache: dict[str, str]
) -> None:
    assert "Moving output file" in fresh.make("signals", "--cache", **cache)
    other = Workspace.create(tmp_path / "other", tiny_config())
    output = other.make("signals", "--cache", **cache)
    assert "Moving output file" not in output
    assert output.count("from cache") == len(SIGNALS)
    assert sounds(other) == sounds(fresh)
    assert not other.plan("signals").files


def test_other_settings_are_not_served_from_the_cache(fresh: Workspace, tmp_path: Path, cache: dict[str, str]) -> None:
    source = str(fresh.results.relative_to(fresh.folder) / SIGNALS[0])
    fresh.make(source, "--cache", **cache)
    other = Workspace.create(tmp_path / "other", tiny_config())
    other.edit_config(lambda config: config["signals"]["sine"]["synthetic"].update(frequency_hz=220))
    assert "from cache" in other.make(source, "--cache", **cache)
    assert (other.results / SIGNALS[0]).read_bytes() != (fresh.results / SIGNALS[0]).read_bytes()
