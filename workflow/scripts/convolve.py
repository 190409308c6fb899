from pathlib import Path

from rnn_audio.evaluation.convolved_sounds import compare_convolved, make_playable, play_in_room, scale_together
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    dry, rate_hz = read_wav(snakemake.input.dry)
    target, generation = (
        play_in_room(dry, read_wav(path)[0]) for path in (snakemake.input.signal, snakemake.input.generation)
    )
    playable = [make_playable(sound, rate_hz) for sound in (target, generation)]
    for path, sound in zip(
        (snakemake.output.target, snakemake.output.generation),
        scale_together([samples for samples, _ in playable]),
        strict=True,
    ):
        write_wav(path, sound, playable[0][1])
    labels = {"configuration": snakemake.wildcards.configuration, "rate_hz": rate_hz}
    write_json(Path(snakemake.output.numbers), labels | compare_convolved(target, generation, rate_hz))
