"""What is shipped: its configurations plan, its style is checked, and its files name no machine."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from support.configurations import shipped_config
from support.places import REPOSITORY
from support.results import FIGURE_SUFFIXES, TABLE_SUFFIXES
from support.workspace import Config, Workspace

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.listening import TABLES as LISTENING_TABLES

CONFIG = shipped_config()
EXPANDED = load_experiment(CONFIG).config  # with what the sweeps add
RESULTS = CONFIG["pathvars"]["results"]
QUICK = yaml.safe_load((REPOSITORY / "profiles/quick/settings.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """All as shipped, nothing made. Tests only plan in it."""
    return Workspace.create(tmp_path_factory.mktemp("shipped") / "workspace", CONFIG)


def artefacts(config: Config, section: str, paper: str | None = None) -> set[str]:
    suffixes = {"tables": TABLE_SUFFIXES, "figures": FIGURE_SUFFIXES}[section]
    names = [name for name, artefact in config[section].items() if paper in (None, artefact["paper"])]
    tests = [name for name, test in config["listening"].items() if paper in (None, test["paper"])]
    names += [f"{test}_{table}" for test in tests for table in LISTENING_TABLES if section == "tables"] + tests
    return {f"{section}/{name}.{suffix}" for name in names for suffix in suffixes}


def in_folders(files: set[str], *folders: str) -> set[str]:
    return {file for file in files if file.split("/")[0] in folders}


def models(config: Config) -> set[str]:
    return {
        f"models/{name}/seed-{seed}/model.safetensors" for name in config["configurations"] for seed in config["seeds"]
    }


def test_shipped_configuration_plans_every_table_and_figure(shipped: Workspace) -> None:
    files = shipped.plan().files
    assert in_folders(files, "tables", "figures") == artefacts(EXPANDED, "tables") | artefacts(EXPANDED, "figures")
    run = shipped.snakemake("-n", "--cores", "2")
    assert run.status == 0, run.output
    assert "This was a dry-run" in run.output
    # A dry run gives the estimate too, of trainings and of all jobs.
    assert re.search(r"Training \d+ model\(s\) of \d+ configuration\(s\).*: about \d", run.output)
    assert re.search(r"In all, with \d+ sound set\(s\), \d+ table\(s\), \d+ figure\(s\).*: about \d", run.output)


def test_quick_profile_plans_the_same_beside_it(shipped: Workspace) -> None:
    plan = shipped.plan("--profile", "profiles/quick")
    folder = QUICK["pathvars"]["results"].removeprefix(f"{RESULTS}/")
    assert folder != QUICK["pathvars"]["results"]
    files = {file.removeprefix(f"{folder}/") for file in plan.files}
    assert not files & plan.files, "something is made outside the quick profile's folder"
    # The profile reduces most sweeps to one value, which is no comparison.
    single = {name for name, sweep in QUICK["sweeps"].items() if len(sweep["values"]) == 1}
    assert single
    shown = {
        section: {name: artefact for name, artefact in EXPANDED[section].items() if name not in single}
        for section in ("tables", "figures")
    } | {"listening": EXPANDED["listening"]}
    assert in_folders(files, "tables", "figures") == artefacts(shown, "tables") | artefacts(shown, "figures")
    assert {file for file in files if file.endswith("model.safetensors")} <= models(
        EXPANDED | {"seeds": QUICK["seeds"]}
    )


def test_tables_and_figures_are_targets(shipped: Workspace) -> None:
    assert in_folders(shipped.plan("tables").files, "tables", "figures") == artefacts(EXPANDED, "tables")
    assert in_folders(shipped.plan("figures").files, "tables", "figures") == artefacts(EXPANDED, "figures")


def test_claims_are_a_target_that_needs_nothing_but_what_tables_and_figures_need(shipped: Workspace) -> None:
    files = shipped.plan("claims").files
    own = {"claims.csv", "claims.md", "claims.html"}
    assert files > own
    assert files - own <= shipped.plan("tables", "figures", "listening").files


def test_models_and_sounds_are_targets(shipped: Workspace) -> None:
    planned = shipped.plan("models").files
    assert {file for file in planned if file.endswith("model.safetensors")} == models(EXPANDED)
    assert not in_folders(planned, "predictions", "metrics", "tables", "figures")
    planned = shipped.plan("sounds").files
    assert in_folders(planned, "metrics")
    assert not in_folders(planned, "tables", "figures")


def test_signals_are_a_target(shipped: Workspace) -> None:
    planned = shipped.plan("signals").files
    assert in_folders(planned, "signals") == planned
    learned = {Path(file).parent.name for file in planned}
    assert learned <= set(CONFIG["signals"])
    assert learned >= {own["signal"] for own in CONFIG["configurations"].values() if "signal" in own}


@pytest.mark.parametrize("paper", CONFIG["papers"])
def test_each_paper_is_a_target(shipped: Workspace, paper: str) -> None:
    planned = in_folders(shipped.plan(paper).files, "tables", "figures")
    assert planned == artefacts(EXPANDED, "tables", paper) | artefacts(EXPANDED, "figures", paper)


def test_unlocking_needs_no_cores(shipped: Workspace) -> None:
    run = shipped.snakemake("--unlock")
    assert run.status == 0, run.output


def test_snakemake_lint_is_clean(shipped: Workspace) -> None:
    run = shipped.snakemake("--lint")
    assert run.status == 0, run.output
    assert "condition" in run.output, "lint says that the workflow is in a good condition"


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("snakefmt", "--check", "Snakefile", "workflow/rules"),
    ],
    ids=" ".join,
)
def test_style_is_clean(command: tuple[str, ...]) -> None:
    program = Path(sys.executable).with_name(command[0])
    ended = subprocess.run([program, *command[1:]], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_tracked_files_name_no_registry_and_no_folder_of_one_machine() -> None:
    if not (REPOSITORY / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    # Brackets keep the patterns from finding themselves.
    forbidden = re.compile(
        r"[p]ypi\.|[p]ythonhosted|[a]naconda\.(org|com)|[i]ndex-url|(?<![\w.])/([h]ome|[r]oot|[U]sers|[w]ork)/"
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        content = (REPOSITORY / name).read_bytes() if (REPOSITORY / name).is_file() else b""
        text = "" if b"\0" in content else content.decode("utf-8")
        found += [f"{name}: {match.group()}" for match in forbidden.finditer(text)]
    assert not found


def test_the_repository_says_how_to_use_cite_and_contribute() -> None:
    for name in ("LICENSE", "CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md", "README.md", "results/README.md"):
        assert (REPOSITORY / name).read_text(encoding="utf-8").strip(), name
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert cited["references"][1]["doi"] in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_public_ci_calls_the_commands_of_the_makefile() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    called = {step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert called == {"make check", "make test", "make quick"}
    assert all(f"\n{command.removeprefix('make ')}:" in makefile for command in called)
