"""This workflow as a module of another one, whose Snakefile and configuration lie in another folder."""

from pathlib import Path

import pytest
import yaml
from support.workspace import Config, Workspace, tiny_config

WITH_A_PREFIX = """
configfile: "config.yaml"

module rnn_audio:
    snakefile: "../workflow-of-others/Snakefile"
    config: config

use rule * from rnn_audio as rnn_*
"""
WITH_A_SECTION_OF_ITS_OWN = """
configfile: "config.yaml"

rule all:
    input:
        "copy.csv",

module rnn_audio:
    snakefile: "../workflow-of-others/Snakefile"
    config: config["sounds"]

use rule * from rnn_audio exclude all

rule copy:
    input:
        "made/tables/losses.csv",
    output:
        "copy.csv",
    shell:
        "cp {input} {output}"
"""


def one_model(config: Config) -> Config:
    """A configuration, a seed and a table."""
    table = config["tables"]["losses"]
    return config | {
        "accelerator": "cpu",
        "seeds": [1],
        "configurations": {"steady": config["configurations"]["steady"]},
        "tables": {"losses": table | {"rows": table["rows"][:1]}},
        "figures": {},
    }


@pytest.fixture
def host(tmp_path: Path) -> Workspace:
    """The folder of another workflow, next to that of this one; it has no Snakefile yet."""
    Workspace.create(tmp_path / "workflow-of-others", {})
    folder = tmp_path / "host"
    folder.mkdir()
    return Workspace(folder)


def test_rules_have_a_prefix_and_make_the_same_files(host: Workspace, fresh: Workspace) -> None:
    (host.folder / "Snakefile").write_text(WITH_A_PREFIX, encoding="utf-8")
    host.write_config(tiny_config())
    expected = fresh.plan().rules
    assert host.plan().rules == {file: f"rnn_{rule}" for file, rule in expected.items()}
    paper = next(iter(tiny_config()["papers"]))
    assert host.plan(f"rnn_{paper}").files == fresh.plan(paper).files


def test_models_are_trained_and_tables_made_for_the_other_workflow(host: Workspace) -> None:
    (host.folder / "Snakefile").write_text(WITH_A_SECTION_OF_ITS_OWN, encoding="utf-8")
    config = one_model(tiny_config()) | {"packing": 4, "pathvars": {"results": "made", "logs": "made/logs"}}
    (host.folder / "config.yaml").write_text(yaml.safe_dump({"sounds": config}, sort_keys=False), encoding="utf-8")
    host.make()
    table = (host.folder / "made/tables/losses.csv").read_text(encoding="utf-8")
    assert (host.folder / "copy.csv").read_text(encoding="utf-8") == table
    assert "steady" in table
    assert not (host.folder / "results").exists()
    host.make("--report", "report.html")
    assert "Losses of both" in (host.folder / "report.html").read_text(encoding="utf-8")
