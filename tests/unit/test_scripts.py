"""What scripts ask Snakemake for is what their rules give."""

import re
from pathlib import Path

import pytest
from support.places import REPOSITORY

WORKFLOW = REPOSITORY / "workflow"
SCRIPTS = sorted((WORKFLOW / "scripts").glob("*.py"))
RULES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((WORKFLOW / "rules").glob("*.smk")))


def rules_of(script: Path) -> list[str]:
    """The text of each rule that runs a script."""
    rules = re.findall(r"^ *rule(?: \w+)?:\n(?:(?: +.*)?\n)+", f"{RULES}\n", re.MULTILINE)
    return [rule for rule in rules if f'"../scripts/{script.name}"' in rule]


def section_of(rule: str, section: str) -> str:
    """The lines of one of a rule's sections."""
    found = re.search(rf"^( +){section}:\n((?:\1 +.*\n|\n)+)", rule, re.MULTILINE)
    return found.group(2) if found else ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_rule_gives_all_that_its_script_asks_for(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    rules = rules_of(script)
    assert rules
    for rule in rules:
        for section, name in re.findall(r"snakemake\.(input|output|params|resources)\.(\w+)\b(?!\()", text):
            assert re.search(rf"^ +{name}=", section_of(rule, section), re.MULTILINE), f"{section}.{name}"
        for name in re.findall(r"snakemake\.wildcards\.(\w+)", text):
            assert f"{{{name}}}" in section_of(rule, "output"), name
