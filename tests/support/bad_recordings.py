"""Recordings, and pairs of them, that are refused or used in spite of a flaw."""

import math

import numpy as np

from support.bad_case import DEVICES, SOUNDS, USED, Case
from support.inputs import (
    NOISE,
    RATE_HZ,
    both,
    bytes_as_sound,
    cut_sound,
    device,
    hour,
    put,
    put_signal,
    sizeless,
    sound,
    use,
)

_SECOND = np.random.default_rng(2).uniform(-0.5, 0.5, 44100)
_LONG = np.random.default_rng(3).uniform(-0.5, 0.5, 12 * 44100)
_A_NAME = "a name of lower-case letters, digits and underscores that begins with a letter"

RECORDINGS = [
    Case(SOUNDS, "a missing file", "own.wav: no such file; correct the path in signals.sine.file", use(), real=True),
    Case(SOUNDS, "a folder", ".: a folder, where signals.sine.file needs a sound file", use(".")),
    Case(SOUNDS, "an empty file", "own.wav: cannot be read as sound", bytes_as_sound(b"")),
    Case(SOUNDS, "a file that is cut after its header", "own.wav: has no samples", cut_sound(44, subtype="PCM_16")),
    Case(SOUNDS, "text called .wav", "own.wav: cannot be read as sound", bytes_as_sound(b"sound\n" * 99), real=True),
    Case(SOUNDS, "no samples", "own.wav: has no samples", sound([])),
    Case(SOUNDS, "one sample", "the file has only 1; set duration_samples to at most that", sound([0.5])),
    Case(SOUNDS, "NaN", "own.wav: the excerpt has samples that are not finite", sound([*NOISE[:9], math.nan, *NOISE])),
    Case(SOUNDS, "infinity", "own.wav: the excerpt has samples that are not finite", sound([math.inf, *NOISE])),
    Case(
        SOUNDS,
        "64-bit samples beyond what 32 bits hold",
        "own.wav: the excerpt has samples that are not finite",
        sound(1e300 * NOISE, subtype="DOUBLE"),
    ),
    Case(SOUNDS, "silence", "own.wav: the excerpt is silent", sound(0 * NOISE), real=True),
    Case(SOUNDS, "a constant", "own.wav: the excerpt is constant (only DC)", sound(0 * NOISE + 0.5)),
    Case(
        SOUNDS,
        "a shorter recording than asked for",
        "own.wav: signals.sine.duration_samples is 128",
        sound(NOISE[:99]),
    ),
    Case(
        SOUNDS,
        "six channels, none named",
        "own.wav: has 6 channels; set signals.sine.file.channel to one of 0..5",
        sound(np.column_stack([NOISE * gain for gain in range(1, 7)])),
        real=True,
    ),
    Case(SOUNDS, "a channel that is not there", "own.wav: has no channel 3, only 1 in all", sound(NOISE, channel=3)),
    Case(SOUNDS, "a start after the end", "own.wav: lasts 0.1 s; set signals.sine.file.start", sound(NOISE, start=60)),
    Case(
        SOUNDS,
        "a rate below the one to be learned",
        "its rate is 4000 Hz, below the 8000 Hz that a configuration needs",
        sound(NOISE, rate_hz=4000),
    ),
    Case(
        SOUNDS,
        "a FLAC file that is cut",
        "; replace the file",
        cut_sound(30000, name="own.flac", form="FLAC", subtype="PCM_16"),
    ),
    Case(
        SOUNDS,
        "a path with braces",
        "own{1}.wav: Snakemake takes { } < > in a path for placeholders",
        use("own{1}.wav"),
        real=True,
    ),
    Case(SOUNDS, "a path that is too long", ": not a valid path (File name too long)", use("a" * 5000)),
    Case(SOUNDS, "an address for a path", "no such file; correct the path", use("https://example.org/a.wav")),
    Case(
        SOUNDS,
        "samples of up to 1e30",
        "own.wav: the excerpt has samples of up to 4.96e+29, where full scale is 1",
        sound(1e30 * NOISE),
    ),
    Case(
        SOUNDS, "integers stored as floating point", "own.wav: the excerpt has samples of up to ", sound(32767 * NOISE)
    ),
    Case(
        SOUNDS,
        "samples below what 24 bits resolve",
        "own.wav: the excerpt is silent (its peak is ",
        sound(1e-9 * NOISE),
    ),
    Case(
        SOUNDS,
        "a start of 1e308 seconds",
        "own.wav: lasts 0.1 s; set signals.sine.file.start",
        sound(NOISE, start=1e308),
    ),
    Case(
        SOUNDS,
        "a header without its length, as of an interrupted recording",
        "own.wav: has no samples by its header, but 40044 bytes",
        sizeless,
    ),
    Case(
        SOUNDS,
        "a recording of one sample at the lowest rate",
        "signals.sine.duration_samples: 2 leaves 1 sample(s) at 8000 Hz",
        both(put("configurations/chopped/rate_hz", 8000), put_signal(duration_samples=2), sound(NOISE)),
    ),
    Case(
        USED,
        "8 bits",
        "own.wav: WAV PCM_U8, 16000 Hz, channel 0 of 1 (from 0); 128 samples from sample 0 on",
        sound(NOISE, subtype="PCM_U8"),
        used=True,
    ),
    Case(
        USED,
        "32-bit floating point beyond ±1",
        "own.wav: WAV FLOAT, 16000 Hz, channel 0 of 1 (from 0); 128 samples from sample 0 on, peak 3",
        sound([*(2 * NOISE), 3.0, *NOISE][RATE_HZ // 10 - 5 :]),
        used=True,
    ),
    Case(
        USED,
        "one of six channels, by `channel`",
        "channel 2 of 6 (from 0); 128 samples from sample 0 on",
        sound(np.column_stack([NOISE * gain for gain in range(6)]), channel=2),
        used=True,
    ),
    Case(
        USED,
        "192 kHz",
        "own.wav: WAV FLOAT, 192000 Hz, channel 0 of 1 (from 0)",
        sound(NOISE, rate_hz=192000),
        used=True,
    ),
    Case(USED, "8 kHz, learned at no more", "own.wav: WAV FLOAT, 8000 Hz", sound(NOISE, rate_hz=8000), used=True),
    Case(USED, "an hour, of which an excerpt is asked for", "128 samples from sample ", hour, used=True),
    Case(
        USED,
        "a FLAC file called .wav",
        "own.wav: FLAC PCM_24, 16000 Hz",
        sound(NOISE, form="FLAC", subtype="PCM_24"),
        used=True,
    ),
    Case(
        USED,
        "a path with spaces, quotes, shell signs, umlauts or line breaks",
        "FLOAT, 16000 Hz",
        sound(NOISE, name="-my 'own' \"größe\" $(touch x); `touch x`\n&*?.wav"),
        used=True,
    ),
    Case(
        USED,
        "two equal channels, none named",
        "own.wav: WAV FLOAT, 16000 Hz, channel 0 of 2 (from 0)",
        sound(np.column_stack([NOISE, NOISE])),
        used=True,
    ),
    Case(
        DEVICES,
        "different lengths",
        "in.wav has 44100 samples and out.wav 44095",
        device(_SECOND, _SECOND[:-5]),
        real=True,
    ),
    Case(
        DEVICES,
        "another rate",
        "out.wav: its rate is 48000 Hz, but devices.amplifier.rate_hz is 44100",
        device(_SECOND, _SECOND, 48000),
    ),
    Case(
        DEVICES,
        "a silent target",
        "out.wav: the excerpt is silent; choose another devices.amplifier.file.target_channel",
        device(_SECOND, 0 * _SECOND),
    ),
    Case(
        DEVICES,
        "a recording shorter than a segment",
        "devices.amplifier.split: leaves 800 of 1000 samples to train on, fewer than a segment has",
        device(_SECOND[:1000], _SECOND[:1000]),
    ),
    Case(
        DEVICES,
        "one sample",
        "devices.amplifier.split: val gets none of 1 samples",
        device(_SECOND[:1], _SECOND[:1]),
    ),
    Case(
        DEVICES,
        "synthetic playing that is too short for its splits",
        "devices.amplifier.synthetic.duration_s: 8 s give the smallest split 0.8 s, and 1.2 s are needed",
        device(
            _SECOND,
            _SECOND,
            source="synthetic",
            synthetic={"generator": "guitar_amplifier", "duration_s": 8, "seed": 1, "oversampling": 8},
        ),
    ),
    Case(
        DEVICES,
        "shares that add up to more than 1",
        "devices.amplifier.split: [0.8, 0.2, 0.2] add up to more than 1",
        device(_SECOND, _SECOND, split=[0.8, 0.2, 0.2]),
    ),
    Case(
        DEVICES,
        "a target that is silent in the test part",
        "out.wav: the test part, from 0.9 to 1.0 s, is silent",
        device(_SECOND, np.where(np.arange(44100) < 39000, _SECOND, 0)),
    ),
    Case(
        DEVICES,
        "both sides silent in the training part",
        "in.wav: the train part, from 0.0 to 0.8 s, is silent",
        device(*[np.where(np.arange(44100) > 36000, _SECOND, 0)] * 2),
    ),
    Case(
        DEVICES,
        "samples lost in the middle",
        "out.wav after in.wav jumps by -400 samples between",
        device(_LONG, np.concatenate([_LONG[:265000], _LONG[265400:], np.zeros(400)]), latency="correct"),
    ),
]
