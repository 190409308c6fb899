"""Whatever stands in the configuration, it loads or is refused in words."""

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.places import REPOSITORY

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.files import check_file
from rnn_audio.errors import InputError

SHIPPED = yaml.load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

WORDS = ["", "full", "sine", "a/b", "..", "$(touch x)", "a\nb", "größe", "\x1b[31m", "1e-3", "overfit"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 7, 10**9, 10**400, 0.0, -0.5, 1e-300, 1e300, math.nan, math.inf]),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from([0, 1, "sine", None]), max_size=3),
    st.dictionaries(st.sampled_from([*WORDS, "epochs", 7, None]), st.integers(-1, 3), max_size=2),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 (any YAML value)
    """Every mapping and list in a configuration, with each of its keys or indices."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def mutated(draw: st.DrawFn) -> Any:  # noqa: ANN401 (any YAML value)
    """The shipped configuration with one to three entries replaced, removed, added or copied from elsewhere."""
    config = copy.deepcopy(SHIPPED)
    for _ in range(draw(st.integers(1, 3))):
        entries = list(places(config))
        holder, key = entries[draw(st.integers(0, len(entries) - 1))]
        action = draw(st.sampled_from(["replace", "remove", "add", "copy"]))
        if action == "remove":
            del holder[key]
        elif action == "copy":
            other, place = entries[draw(st.integers(0, len(entries) - 1))]
            holder[key] = copy.deepcopy(other[place])
        elif action == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from([*WORDS, 7, True]))] = draw(VALUES)
        else:
            holder[key] = draw(VALUES)
    return config


def outcome(config: Any) -> Any:  # noqa: ANN401 (any YAML value)
    """What loading gives: all of the experiment, or the message."""
    try:
        experiment = load_experiment(config)
    except InputError as error:
        return str(error)
    return experiment.config, experiment.configurations


@settings(max_examples=40)
@given(config=mutated())
def test_a_mutated_configuration_loads_or_is_refused_in_one_line(config: Any) -> None:  # noqa: ANN401 (any YAML value)
    before = repr(config)
    found = outcome(config)
    assert repr(config) == before, "loading changes its argument"
    assert repr(outcome(config)) == repr(found), "loading again gives something else"
    if isinstance(found, str):
        assert found
        assert found.isprintable()


def test_what_was_loaded_has_no_sweeps_left_to_expand_another_way() -> None:
    again = [load_experiment(copy.deepcopy(SHIPPED)) for _ in range(2)]
    assert json.dumps(again[0].config) == json.dumps(again[1].config), "expanding keeps no order"
    assert list(again[0].configurations) == list(again[1].configurations)


@settings(max_examples=200)
@given(content=st.one_of(st.binary(max_size=200), st.text(alphabet="ab: -{}[],&*<\n\t'\"#!?|>1é\0", max_size=60)))
def test_any_file_is_sound_yaml_with_keys_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        check_file(path)
    except InputError as error:
        assert str(path) in str(error)
        assert str(error).isprintable()
    else:
        assert isinstance(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), dict)


@settings(max_examples=30)
@given(
    mapping=st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ).map(lambda value: {"key": value})
)
def test_every_configuration_that_yaml_or_json_writes_is_sound(
    tmp_path_factory: pytest.TempPathFactory,
    mapping: Any,  # noqa: ANN401 (any YAML value)
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    for text in (yaml.safe_dump(mapping, allow_unicode=True), json.dumps(mapping), json.dumps(mapping, indent="\t")):
        path.write_text(text, encoding="utf-8")
        check_file(path)
