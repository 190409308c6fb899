"""The folder for webMUSHRA and pymushra, against the traps of their formats."""

import re
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support.listening import NAME, RATE_HZ, TEST, outputs, tones

from rnn_audio.errors import InputError
from rnn_audio.listening.files import read_sounds, write_webmushra
from rnn_audio.listening.plan import TRAINING, trials
from rnn_audio.listening.stimuli import Stimuli, make_stimuli


@cache
def made() -> Stimuli:
    return make_stimuli(TEST, tones(6), outputs(tones(6)[1]), RATE_HZ, None)


def written(folder: Path, stimuli: Stimuli | None = None) -> tuple[dict[str, Any], str]:
    """The record, and the text of the file for webMUSHRA."""
    notes = ["Scale 'quick': <b>nothing</b> & little."]
    record = write_webmushra(folder, NAME, TEST, stimuli or made(), RATE_HZ, notes)
    return record, (folder / f"configs/{NAME}.yaml").read_text(encoding="utf-8")


def mushra_pages(text: str) -> list[dict[str, Any]]:
    pages = yaml.safe_load(text)["pages"]
    return [page for page in pages if isinstance(page, dict) and page["type"] == "mushra"]


def test_the_randomised_block_has_its_dash_alone(tmp_path: Path) -> None:
    _, text = written(tmp_path)
    assert re.search(r"^  -\n    - random\n    - type: mushra\n      id: ", text, re.MULTILINE)
    assert "- -" not in text


def test_every_trial_is_in_the_randomised_block_after_the_training(tmp_path: Path) -> None:
    pages = yaml.safe_load(written(tmp_path)[1])["pages"]
    kinds = [page["type"] if isinstance(page, dict) else page[0] for page in pages]
    assert kinds == ["generic", "volume", "mushra", "random", "finish"]
    assert pages[2]["id"] == TRAINING
    assert [page["id"] for page in pages[3][1:]] == [trial.name for trial in trials(TEST)]


def test_no_trial_lists_its_reference_which_webmushra_adds_itself(tmp_path: Path) -> None:
    pages = yaml.safe_load(written(tmp_path)[1])["pages"]
    for page, trial in zip([pages[2], *pages[3][1:]], [trials(TEST)[0], *trials(TEST)], strict=True):
        assert page["reference"] == f"configs/resources/{NAME}/{trial.files['reference']}"
        assert list(page["stimuli"]) == ["none", "highpass", "a_weighting", "tanh"]
        assert page["reference"] not in page["stimuli"].values()
        assert len(page["stimuli"]) <= 12
        assert page["strict"] is page["randomize"] is page["enableLooping"] is True
        assert page["createAnchor35"] is page["createAnchor70"] is page["showConditionNames"] is False


def test_nothing_that_is_sent_breaks_the_unescaped_post(tmp_path: Path) -> None:
    record, text = written(tmp_path)
    content = yaml.safe_load(text)
    sent = [content["testId"], *(page["id"] for page in content["pages"][3][1:])]
    sent += [name for page in content["pages"][3][1:] for name in page["stimuli"]]
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in sent)
    assert content["testId"] == record["test_id"]
    assert "questionnaire" not in content["pages"][-1]
    assert content["pages"][-1]["showErrors"] is True
    assert "popupContent" in content["pages"][-1]


def test_texts_are_plain_quoted_and_escaped_once(tmp_path: Path) -> None:
    _, text = written(tmp_path)
    assert '"' not in re.sub(r"&quot;", "", text)
    assert "\\" not in text
    content = yaml.safe_load(text)
    assert content["testname"] == TEST["title"]
    assert "&lt;b&gt;nothing&lt;/b&gt; &amp; little" in content["pages"][0]["content"]


def test_every_named_file_is_there_as_16_bit_mono_of_one_length(tmp_path: Path) -> None:
    _, text = written(tmp_path)
    named = re.findall(r"'(configs/resources/[^']+)'", text)
    formats = set()
    for path in set(named):
        with wave.open(str(tmp_path / path)) as reader:
            formats.add((reader.getnchannels(), reader.getsampwidth(), reader.getframerate(), reader.getnframes()))
    assert formats == {(1, 2, RATE_HZ, RATE_HZ)}
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav")}
    assert files == set(named)


def test_sounds_are_read_back_and_the_identity_follows_them(tmp_path: Path) -> None:
    record, _ = written(tmp_path / "one")
    sounds = read_sounds(tmp_path / "one", NAME, record)
    assert all(np.array_equal(sounds[file], sound) for file, sound in made().sounds.items())
    again, _ = written(tmp_path / "two")
    assert again == record
    other = {**made().sounds, "clip_1/tanh.wav": made().sounds["clip_1/tanh.wav"] + 1}
    changed, _ = written(tmp_path / "three", Stimuli(other, made().clips, made().distances))
    assert changed["test_id"] != record["test_id"]


def test_a_changed_sound_is_noticed(tmp_path: Path) -> None:
    record, _ = written(tmp_path)
    path = tmp_path / f"configs/resources/{NAME}/clip_2/reference.wav"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(InputError, match=r"clip_2/reference\.wav: missing, or changed"):
        read_sounds(tmp_path, NAME, record)
