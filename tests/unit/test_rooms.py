"""The library's folders: what each is for, and which of the others it may import."""

import ast
from pathlib import Path

import pytest
from support.places import REPOSITORY

LIBRARY = REPOSITORY / "workflow" / "rnn_audio"
# A folder imports itself and folders on lower lines, and none on its own line. "" is the root of the library. The
# packs are a part of the jobs that stands apart for those who do not need it.
FLOORS = [
    ["commands"],
    ["listening"],
    ["reporting.page"],
    ["reporting.figures", "reporting.claims", "reporting.publication"],
    ["reporting.tables"],
    ["speed"],
    ["jobs", "jobs.packs"],
    ["evaluation"],
    ["training"],
    ["configuration"],
    ["losses", "devices"],
    ["formats"],
    ["networks"],
    ["networks.engines", "signals"],
    [""],
]
ONE_ROOM = {"jobs", "jobs.packs"}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")


def room_of(path: Path) -> str:
    return ".".join(path.parent.relative_to(LIBRARY).parts)


def imported_rooms(path: Path) -> set[str]:
    """The rooms whose modules a module imports, those inside functions among them."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rnn_audio":
            parts = node.module.split(".")[1:]
            folder = LIBRARY.joinpath(*parts)
            modules.add(".".join(parts if folder.is_dir() else parts[:-1]))
        if isinstance(node, ast.Import):
            modules |= {
                ".".join(alias.name.split(".")[1:-1]) for alias in node.names if alias.name.startswith("rnn_audio.")
            }
    return modules


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_module_imports_from_its_own_room_or_from_floors_below(path: Path) -> None:
    room = room_of(path)
    own = ONE_ROOM if room in ONE_ROOM else {room}
    climbing = {other for other in imported_rooms(path) - own if FLOOR_OF[other] <= FLOOR_OF[room]}
    assert not climbing, f"{room}.{path.stem} imports from {sorted(climbing)}"


def test_packs_have_one_door() -> None:
    """Who trains one model a job need not read them."""
    outside = [path for path in MODULES if room_of(path) != "jobs.packs" and "jobs.packs" in imported_rooms(path)]
    assert outside == [LIBRARY / "jobs" / "training_job.py"]


def test_every_folder_is_on_a_floor_and_says_in_one_line_what_it_is_for() -> None:
    folders = [path.parent for path in LIBRARY.rglob("__init__.py")]
    assert {".".join(folder.relative_to(LIBRARY).parts) for folder in folders} == {*FLOOR_OF, "reporting"}
    for folder in folders:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        (only,) = ast.parse(text).body  # a re-export would bring PyTorch into jobs that plot
        assert isinstance(only, ast.Expr)
        assert len(text.splitlines()) == 1
