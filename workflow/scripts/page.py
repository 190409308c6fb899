from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.reporting.page.page import write_page

with logged_job(snakemake.log[0]):
    page = Path(snakemake.output.page)
    write_page(page, page.parent, snakemake.params.plan)
