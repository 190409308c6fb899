import re

from support.places import REPOSITORY

# Files whose tests are all about faults: none may be missing from the document.
FAULT_TESTS = (
    "end_to_end/test_faults.py",
    "end_to_end/test_kill_and_resume.py",
    "unit/test_full_disk.py",
)


def defined(*names: str) -> set[str]:
    paths = [REPOSITORY / "tests" / name for name in names] or list((REPOSITORY / "tests").rglob("test_*.py"))
    return {
        test
        for path in paths
        for test in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def documented() -> list[list[str]]:
    """The cells of each row."""
    lines = (REPOSITORY / "docs/faults.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "What goes wrong"]


def test_each_row_says_all_and_names_a_test_that_exists() -> None:
    rows = documented()
    assert len({fault for fault, *_ in rows}) == len(rows) >= 15
    for _, happens, cure, test in rows:
        assert happens
        assert cure
        assert test.strip("`") in defined()


def test_each_test_of_faults_has_its_row() -> None:
    assert defined(*FAULT_TESTS) <= {test.strip("`") for *_, test in documented()}
