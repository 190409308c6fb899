"""Names and paths are data: none reaches a shell, none becomes a pattern, none is executed."""

import re
import shlex
from pathlib import Path

import pytest
import soundfile
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.browser import Browser, browser_or_skip
from support.inputs import NOISE, RATE_HZ
from support.places import REPOSITORY
from support.shown_results import ACTING
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


def test_text_is_text_on_both_pages(done: Workspace, tmp_path: Path) -> None:
    """In the page that the run makes and in Snakemake's report, whose menus and captions hold it too."""

    def change(config: Config) -> None:
        config["papers"]["impulse_response"]["title"] = f"Title {ACTING}"
        config["tables"]["losses"] |= {
            "caption": f"Table {ACTING}",
            "notes": [f"Note {ACTING}", ".. include:: /etc/passwd"],
        }
        config["figures"]["curves"]["caption"] = f"Figure {ACTING}"

    done.edit_config(change)
    done.make()
    done.make("--report", "snakemake.html")
    assert "root:x:" not in (done.folder / "snakemake.html").read_text(encoding="utf-8")
    with browser_or_skip(tmp_path) as browser:
        browser.open(done.results / "report.html")
        text = browser.run("document.body.textContent")
        assert [word for word in ("Title", "Table", "Note", "Figure") if f"{word} {ACTING}" not in text] == []
        browser.open(done.folder / "snakemake.html")
        seen = through_menus(browser, "Results", "Tables", "Title", "Figures")
        assert [word for word in ("Title", "Table", "Figure") if f"{word} {ACTING}" not in seen] == []
        assert browser.run("document.acted === undefined")


def through_menus(browser: Browser, *words: str) -> str:
    """All that Snakemake's report shows on the way through its menus, without the invisible signs."""
    seen = ""
    for word in words:
        link = f"[...document.querySelectorAll('a')].find(own => own.innerText.trim().startsWith('{word}'))"
        browser.wait(f"{link} !== undefined")
        browser.run(f"{link}.click()")
        seen += browser.run("document.body.innerText")
    return seen.replace("\N{WORD JOINER}", "")
