"""The page of a listening test: what it holds, and what it keeps from the listener. A browser tests how it works."""

import base64
import html
import json
import re
import zlib

import numpy as np
import pytest
from support.listening import TEST, changed

from rnn_audio.listening.page import listening_page
from rnn_audio.listening.plan import trials

RECORD = {"test_id": "amplifier_listening-12345678", "rate_hz": 44_100, "clips": [{"seconds": 8.0}] * 4}
FILES = list(dict.fromkeys(file for trial in trials(TEST) for file in trial.files.values()))
SOUNDS = {file: np.arange(1000 + number, dtype=np.int16) for number, file in enumerate(FILES)}


@pytest.fixture(scope="module")
def page() -> str:
    return listening_page(TEST, RECORD, SOUNDS)


def shown(page: str) -> str:
    """What a listener can see: the page without scripts, styles and tags."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def test_the_listener_sees_the_texts_and_no_condition(page: str) -> None:
    text = shown(page)
    for line in (TEST["title"], TEST["question"], "at least one sound has to get 100", "Excellent"):
        assert line in text
    assert not re.search(r"none\b(?! has)|highpass|a_weighting|tanh|size_|clip_", text, re.IGNORECASE)


def test_every_sound_is_there_once_and_under_the_right_number(page: str) -> None:
    packed = dict(re.findall(r'<script type="text/plain" id="sound-(\d+)">([^<]*)</script>', page))
    assert len(packed) == 32
    lengths = {int(number): len(zlib.decompress(base64.b64decode(text))) // 2 for number, text in packed.items()}
    content = json.loads(re.search(r'id="test">(.*?)</script>', page, re.DOTALL).group(1))
    assert [trial["name"] for trial in content["trials"]] == [trial.name for trial in trials(TEST)]
    for own, trial in zip(content["trials"], trials(TEST), strict=True):
        for signal, file in trial.files.items():
            assert lengths[own["signals"][signal]] == len(SOUNDS[file])
    assert content["training"]["signals"] == content["trials"][0]["signals"]
    assert (content["id"], content["rate"]) == (RECORD["test_id"], 44_100)


def test_nothing_is_fetched(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|\bsrc=|@import|url\(", page)


def test_texts_of_a_user_cannot_become_markup() -> None:
    bad = "</script><b onclick='x'>$&"
    page = listening_page(changed(title=bad, question=bad), RECORD, SOUNDS, [bad])
    assert bad not in page
    assert page.count(html.escape(bad)) == 5  # title, heading, instructions, question and note


def test_a_test_that_is_not_a_real_one_says_so(page: str) -> None:
    assert "Not for a real test" not in page
    short = listening_page(TEST, RECORD | {"clips": [{"seconds": 0.3}]}, SOUNDS, ["Scale 'quick'."])
    assert "Not for a real test: Scale 'quick'." in shown(short)
    assert "The clips last 0.3 s" in shown(short)


def test_only_with_both_low_pass_anchors_it_calls_itself_mushra(page: str) -> None:
    assert "A MUSHRA test" not in page
    test = changed(anchors=["tanh", "low_pass_3500", "low_pass_7000"])
    files = dict.fromkeys((file for trial in trials(test) for file in trial.files.values()), np.zeros(9, np.int16))
    assert "A MUSHRA test" in listening_page(test, RECORD, files)
