from pathlib import Path

from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import accelerator_name
from rnn_audio.records import write_json
from rnn_audio.speed.training_benchmark import compared_cases, growing_cases, time_in_turn

# The timed processes import this script, too.
if __name__ == "__main__":
    with logged_job(snakemake.log[0]):
        settings = snakemake.params.settings
        accelerator = resolve_accelerator(snakemake.resources.accelerator)
        compared, growing = (
            [record for group in groups(settings) for record in time_in_turn(group, accelerator, settings["rounds"])]
            for groups in (compared_cases, growing_cases)
        )
        record = {
            "accelerator": accelerator,
            "accelerator_name": accelerator_name(accelerator),
            "training": compared,
            "growth": growing,
        }
        write_json(Path(snakemake.output[0]), record)
