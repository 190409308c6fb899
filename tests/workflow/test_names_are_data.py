"""Names and paths are data: none reaches a shell, none becomes a pattern, none is executed."""

import re
import shlex
from pathlib import Path

import pytest
import soundfile
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.inputs import NOISE, RATE_HZ
from support.places import REPOSITORY
from support.workspace import Config, Workspace

from rnn_audio.wav import read_wav

SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
NAME = SCHEMA["$defs"]["name"]["pattern"]
RULES = {path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "workflow/rules").glob("*.smk")}
CODE = [*(REPOSITORY / "workflow").rglob("*.py"), *(REPOSITORY / "workflow").rglob("*.smk"), REPOSITORY / "Snakefile"]
ODD_NAME = "-my 'own' \"größe\" $(touch x); touch x #\n`touch x`&*?~.wav"


@given(name=st.from_regex(NAME))
def test_name_that_the_schema_takes_is_no_pattern_no_path_and_no_command(name: str) -> None:
    assert re.escape(name) == name == shlex.quote(name) == Path(name).name


def test_every_section_of_names_and_every_reference_has_the_schemas_one_pattern() -> None:
    sections = {key: value for key, value in SCHEMA["properties"].items() if "propertyNames" in value}
    names = ["papers", "signals", "devices", "presets", "configurations", "tables", "figures", "sweeps"]
    assert sections.keys() >= set(names)
    assert all(section["propertyNames"] == {"$ref": "#/$defs/name"} for section in sections.values())


def test_every_wildcard_matches_declared_names_or_numbers_only() -> None:
    """The names are the configuration's own, so that no pattern for them stands a second time in the rules."""
    files = [file for text in RULES.values() for file in re.findall(r'(?<!f)"<(?:results|logs)>/([^"]*)"', text)]
    used = {name for file in files for name in re.findall(r"\{(\w+)\}", file)}
    used -= {"section", "name", "suffix", "shows", "rate_hz", "test", "made"}  # filled in before Snakemake sees them
    constrained = set(re.findall(r'^ +(\w+)=(?:one_of\(|"[^"]*\[0-9\])', "\n".join(RULES.values()), re.MULTILINE))
    assert used >= {"configuration", "signal", "device", "table", "figure", "rate", "seed"}
    assert used <= constrained
    assert "[a-z]" not in "".join(RULES.values())


def test_no_rule_and_no_module_uses_a_shell() -> None:
    signs = ("^ *shell:", r"\bshell\(", "shell=True", r"os\.system", "popen", "import pickle")
    forbidden = re.compile("|".join((*signs, r"torch\.load\(")), re.MULTILINE)
    found = [f"{path.name}: {match.group().strip()}" for path in CODE for match in forbidden.finditer(path.read_text())]
    assert not found


@pytest.mark.parametrize(
    "target",
    [
        "results/signals/nothing/8000.wav",
        "results/signals/sine/08000.wav",
        "results/devices/nothing/baselines.json",
        "results/models/steady/seed-01/model.safetensors",
    ],
)
def test_file_of_an_undeclared_name_has_no_rule(fresh: Workspace, target: str) -> None:
    run = fresh.snakemake("-n", "--cores", "1", target)
    assert run.status != 0
    assert f"No rule to produce {target}" in run.output
    assert "Traceback" not in run.output


def test_recording_with_an_odd_name_is_prepared_and_its_name_is_not_executed(fresh: Workspace) -> None:
    path = fresh.folder / "my  songs" / ODD_NAME
    path.parent.mkdir()
    with path.open("wb") as file:
        soundfile.write(file, NOISE, RATE_HZ, format="WAV", subtype="FLOAT")
    own = {"source": "file", "file": {"path": f"my  songs//{ODD_NAME}"}}
    fresh.edit_config(lambda config: config["signals"]["sine"].update(own))
    fresh.make("results/signals/sine/source.wav")
    samples, _ = read_wav(fresh.results / "signals/sine/source.wav")
    assert samples.tolist() == NOISE[:128].astype("f4").tolist()
    assert not list(fresh.folder.rglob("x"))
    again = fresh.snakemake("--cores", "2", "results/signals/sine/source.wav")
    assert "Nothing to be done" in again.output


def test_braces_and_markup_in_text_are_text_in_the_report(done: Workspace) -> None:
    def change(config: Config) -> None:
        config["papers"]["impulse_response"]["title"] = 'Proc. {IEEE} {table} & "more"'
        config["tables"]["losses"] |= {
            "caption": "Losses {x} of *both*",
            "notes": [".. include:: /etc/passwd", "a < b"],
        }
        config["figures"]["curves"]["caption"] = "Curves {figure} {}"

    done.edit_config(change)
    done.make()
    run = done.snakemake("--report", "report.html")
    assert run.status == 0, run.output
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "root:x:" not in page
    assert ".. include:: /etc/passwd</p>" in page
    assert "Proc. {\\u2060IEEE} {\\u2060table}" in page
