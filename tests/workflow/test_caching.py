import pytest
from support.workspace import Workspace, finished, tiny_config

SIGNALS = ("signals/sine/source.wav", "signals/sine/8000.wav", "signals/sine/4000.wav")
Cached = tuple[Workspace, dict[str, str]]


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Cached:
    """A workspace whose signals have filled a cache between workflows, and the environment variable of the cache."""
    folder = tmp_path_factory.mktemp("cached")
    (folder / "cache").mkdir()
    variables = {"SNAKEMAKE_OUTPUT_CACHE": str(folder / "cache")}
    workspace = Workspace.create(folder / "first", tiny_config())
    assert "Moving output file" in workspace.make("signals", "--cache", **variables)
    return workspace, variables


def sounds(workspace: Workspace) -> list[bytes]:
    return [(workspace.results / name).read_bytes() for name in SIGNALS]


def test_signals_that_pass_through_the_cache_are_the_same(
    cached: Cached, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, _ = cached
    without_cache, _ = finished(tmp_path_factory.getbasetemp())
    assert sounds(first) == sounds(without_cache)
    assert sounds(first)[1] != sounds(first)[2]


def test_second_workspace_takes_its_signals_from_the_cache(cached: Cached, fresh: Workspace) -> None:
    first, variables = cached
    output = fresh.make("signals", "--cache", **variables)
    assert "Moving output file" not in output
    assert output.count("from cache") == len(SIGNALS)
    assert sounds(fresh) == sounds(first)
    assert not fresh.plan("signals").files


def test_other_settings_are_not_served_from_the_cache(cached: Cached, fresh: Workspace) -> None:
    first, variables = cached
    fresh.edit_config(lambda config: config["signals"]["sine"]["synthetic"].update(frequency_hz=220))
    source = str(fresh.results.relative_to(fresh.folder) / SIGNALS[0])
    output = fresh.make(source, "--cache", **variables)
    assert "Moving output file" in output
    assert "from cache" in output
    assert (fresh.results / SIGNALS[0]).read_bytes() != (first.results / SIGNALS[0]).read_bytes()
