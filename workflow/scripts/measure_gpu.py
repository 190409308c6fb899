import logging
from pathlib import Path

from rnn_audio.configuration.accelerator import require_gpu
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import write_json

with logged_job(snakemake.log[0]):
    require_gpu("gpu_check")
    from rnn_audio.speed.gpu_check import bad_rows, check_gpu
    from rnn_audio.speed.gpu_check_parts import Sizes

    record = check_gpu("cuda", Sizes())
    for row in bad_rows(record):
        logging.getLogger().error("no training on this GPU should be trusted: %s", row)
    write_json(Path(snakemake.output[0]), record)
