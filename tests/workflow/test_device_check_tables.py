"""What was measured of a user's own pair: at the start, in one table, and with what to do."""

import numpy as np
import soundfile
from support.workspace import Config, Workspace

RATE_HZ = 44100


def test_a_late_pair_is_told_at_the_start_corrected_and_in_the_table(fresh: Workspace) -> None:
    source = np.random.default_rng(4).uniform(-0.3, 0.3, 12 * RATE_HZ)
    target = np.concatenate([np.zeros(2000), np.tanh(4 * source)[:-2000]])
    for name, samples in {"in.wav": source, "out.wav": target}.items():
        soundfile.write(fresh.folder / name, samples, RATE_HZ, subtype="FLOAT")

    def change(config: Config) -> None:
        config["devices"]["amplifier"] |= {"source": "file", "file": {"input": "in.wav", "target": "out.wav"}}
        own = {"preset": "amplifier", "device": "amplifier", "hidden_size": 8, "pre_emphasis": "none"}
        config["configurations"]["model"] = own

    fresh.edit_config(change)
    dry = fresh.snakemake("-n", "all")
    assert dry.status == 0, dry.output
    assert "latency of 2000 samples (45.35 ms) corrected to 4" in dry.output
    assert "results/devices/amplifier/checks.md" in dry.output
    fresh.make("results/devices/amplifier/checks.md")
    table = (fresh.results / "devices/amplifier/checks.md").read_text(encoding="utf-8")
    (latency,) = [line for line in table.splitlines() if line.startswith("| latency")]
    assert "| 2000 |" in latency
    assert "nothing, it was corrected" in latency
    assert "out.wav: latency of 2000 samples" in table
    assert [line.split(" | ")[-1] for line in table.splitlines() if line.startswith("| clipped")] == ["nothing |"]
