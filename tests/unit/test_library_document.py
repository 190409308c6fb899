"""The first example of docs/library.md: it runs as it stands, without PyTorch, and prints the errors."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.places import REPOSITORY
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.formats.files import write_model
from rnn_audio.formats.player import play


def example() -> str:
    return re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs/library.md").read_text(encoding="utf-8"), re.DOTALL)[
        0
    ]


def test_a_model_is_loaded_played_and_compared_in_ten_lines(tmp_path: Path) -> None:
    model, sound = random_model(), noise(4000)
    quick = tmp_path / "results/quick"
    write_model(model, quick / "models/amplifier_64_none/seed-1/model.safetensors", "safetensors")
    output, _ = play(model, sound)
    (quick / "devices/amplifier/test").mkdir(parents=True)
    for side, samples in (("input", sound), ("target", 2 * output.astype(float))):
        soundfile.write(quick / f"devices/amplifier/test/{side}.wav", samples, RATE_HZ, subtype="FLOAT")
    program = example() + '\nimport sys\nassert "torch" not in sys.modules\n'
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow")}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert [float(value) for value in ended.stdout.split()] == pytest.approx([0.25, 0.25], rel=1e-4)
    amplified, rate_hz = soundfile.read(tmp_path / "amplified.wav")
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(amplified, output, atol=1e-6)
    assert len([line for line in example().splitlines() if line]) <= 12
