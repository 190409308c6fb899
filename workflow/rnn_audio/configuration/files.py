"""Check a file of settings before Snakemake reads it.

If a key occurs twice, Snakemake takes the last value without a warning. If a file is not YAML, its message says little.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnn_audio.errors import InputError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

_DEEPEST = 100
_MOST_VALUES = 1_000_000
_NO_KEYS = "has no keys at its top level; write each setting as 'key: value'"


def checked_file(path: str, overlays: Iterable[Path | str]) -> str:
    """Check the configuration's file and its overlays; returns its path.

    Args:
        path: the configuration's file. It may be missing: Snakemake reports that unless an overlay replaces it.
        overlays: the files of `--configfile`.

    Raises:
        InputError: as `check_file`.
    """
    overlays = list(overlays)
    for file in (*overlays, path):
        if Path(file).exists():
            check_file(Path(file))
    if overlays and not Path(path).exists():
        _require_whole(path, overlays)
    return path


def without_overlays(path: str, overlays: Iterable[Path | str]) -> dict[str, Any] | None:
    """The configuration of a file that `checked_file` accepts, alone; None without overlays, or without the file.

    Snakemake lists the file itself among the overlays.
    """
    others = [file for file in overlays if Path(file).resolve() != Path(path).resolve()]
    if not others or not Path(path).exists():
        return None
    return load_yaml(Path(path))


def read_file(path: Path) -> dict[str, Any]:
    """The settings in a file.

    Raises:
        InputError: as `check_file`.
    """
    check_file(path)
    return load_yaml(path)


def load_yaml(path: Path) -> dict[str, Any]:
    """A YAML file with keys at its top level, read without checks."""
    import yaml

    return yaml.load(path.read_text(encoding="utf-8"), _fast_loader())


def _fast_loader() -> type:
    """PyYAML's parser in C, which is ten times as fast, if PyYAML was built with it."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _require_whole(path: str, overlays: Iterable[Path | str]) -> None:
    """Refuse overlays alone, unless one of them is a whole configuration."""
    import yaml

    files = [Path(file) for file in overlays if Path(file).is_file()]
    if not any({"configurations", "presets", "packing"} <= yaml.safe_load(file.read_text()).keys() for file in files):
        raise InputError(
            f"{path}: no such file in {Path.cwd()}, so that {', '.join(map(str, overlays))} would be all of the "
            "configuration; run from the folder of the Snakefile, or give '--directory' with it"
        )


def given_profiles(arguments: Sequence[str]) -> list[str]:
    """The profiles that Snakemake's command line names, or else its environment variable."""
    named = [after for option, after in pairwise(arguments) if option == "--profile"]
    named += [option.removeprefix("--profile=") for option in arguments if option.startswith("--profile=")]
    return named or list(filter(None, [os.environ.get("SNAKEMAKE_PROFILE")]))


def check_profiles(profiles: Iterable[str], overlays: Iterable[Path | str]) -> None:
    """Refuse a `--configfile` that has silently replaced that of a profile.

    Args:
        profiles: the profiles of the command line: folders or files; others, which Snakemake looks for elsewhere, are
            not checked.
        overlays: the files that Snakemake lays over the configuration.

    Raises:
        InputError: a file that a profile names is not among the overlays; the message says what to write.
    """
    import yaml

    given = [Path(file) for file in overlays]
    present = {file.resolve() for file in given}
    for profile in profiles:
        found = [Path(profile), *sorted(Path(profile).glob("*.y*ml"), reverse=True)]
        files = [path for path in found if path.is_file() and re.match(r"(profile|config)\.", path.name)]
        if not files:
            continue
        declared = (yaml.safe_load(files[0].read_text(encoding="utf-8")) or {}).get("configfile") or []
        # As Snakemake does: a text that is a file of the profile's folder is that file, an entry of a list is not.
        beside = files[0].parent / str(declared)
        named = [str(beside) if beside.is_file() else declared] if isinstance(declared, str) else declared
        if any(Path(file).resolve() not in present for file in named):
            both = " ".join([*named, *map(str, given)])
            raise InputError(
                f"{files[0]}: --configfile has replaced its configfile ({', '.join(named)}), and another experiment "
                f"would run; write '--configfile {both}'"
            )


def check_file(path: Path) -> None:
    """Check that a file is YAML or JSON with keys at its top level, and that no key occurs twice in a mapping.

    Raises:
        InputError: naming the file, the line and what is wrong there.
    """
    import yaml

    text = _read(path)
    if _is_json(path, text):
        return
    with _told(path):
        try:
            _check_document(path, text, _fast_loader())
        except yaml.YAMLError:
            _check_document(path, text, yaml.SafeLoader)  # slow, but as strict as Snakemake: its verdict counts


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn the errors of a YAML loader into InputErrors."""
    from yaml import MarkedYAMLError, YAMLError

    try:
        yield
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(
            f"{path}: line {line} is not YAML ({error.problem}); indent by spaces, close brackets and quotes, and put "
            "text with a colon into quotes"
        ) from error
    except InputError:
        raise
    except (YAMLError, ValueError) as error:
        raise InputError(f"{path}: a value cannot be read ({' '.join(str(error).split())}); correct it") from error
    except RecursionError as error:
        raise InputError(f"{path}: its brackets are nested too deeply; remove some") from error


def _read(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: is a folder, not a file with settings; name the file in it")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (from byte {error.start} on); save it as UTF-8") from error


def _is_json(path: Path, text: str) -> bool:
    """Whether Snakemake reads the file as JSON; raises InputError for keys that occur twice in one mapping."""

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    f"{path}: the key '{name}' occurs twice in one mapping, and only the last would count; rename "
                    "or remove one of them"
                )
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=checked)
    except (json.JSONDecodeError, RecursionError):
        return False
    if not isinstance(document, dict):
        raise InputError(f"{path}: {_NO_KEYS}")
    return True


def _check_depth(path: Path, text: str, loader: type) -> None:
    """Refuse nesting that would exhaust the stack; events, unlike nodes, are read without recursion."""
    import yaml
    from yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            raise InputError(f"{path}: line {event.start_mark.line + 1} is nested too deeply; remove brackets")


def _check_document(path: Path, text: str, loader: type) -> None:
    import yaml
    from yaml.nodes import MappingNode

    _check_depth(path, text, loader)
    document = yaml.compose(text, Loader=loader)
    if not isinstance(document, MappingNode):
        raise InputError(f"{path}: {_NO_KEYS}")
    _check_keys(path, document, (), (), {})
    loader("").construct_document(document)  # fails on impossible values, such as the date 2020-13-45


def _check_keys(
    path: Path, node: "Node", place: tuple[str, ...], around: tuple["Node", ...], sizes: dict["Node", int]
) -> int:
    """Refuse a key that occurs twice in a mapping, a mapping or list that contains itself, and too many values.

    Each node is visited once, wherever aliases repeat it. Returns the number of values with all aliases written out.
    """
    if node in around:
        raise InputError(f"{path}: '{'.'.join(place)}' contains itself (line {_line(node)}); write out what is meant")
    if node not in sizes:
        children = _children(path, node, place)
        sizes[node] = 1 + sum(
            _check_keys(path, child, (*place, name), (*around, node), sizes) for name, child in children
        )
    if sizes[node] > _MOST_VALUES:
        raise InputError(
            f"{path}: '{'.'.join(place)}' has more than {_MOST_VALUES} values (line {_line(node)}); remove aliases or "
            "entries"
        )
    return sizes[node]


def _children(path: Path, node: "Node", place: tuple[str, ...]) -> list[tuple[str, "Node"]]:
    from yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, SequenceNode):
        return [(str(index), item) for index, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        _check_mapping(path, node, place)
        return [(str(key.value), value) for key, value in node.value]
    return []


def _check_mapping(path: Path, node: "MappingNode", place: tuple[str, ...]) -> None:
    lines: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        identity = (key.tag, str(key.value))
        if identity in lines:
            raise InputError(
                f"{path}: the key '{'.'.join((*place, identity[1]))}' occurs twice, in line {lines[identity]} and in "
                f"line {_line(key)}, and only the last would count; rename or remove one of them"
            )
        lines[identity] = _line(key)


def _line(node: "Node") -> int:
    return node.start_mark.line + 1
