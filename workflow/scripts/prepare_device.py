import logging
from dataclasses import asdict
from pathlib import Path

from rnn_audio.devices.sources import SIDES, SPLITS, load_device
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import write_json
from rnn_audio.wav import write_wav

with logged_job(snakemake.log[0]):
    checks = Path(snakemake.output.checks)
    device = load_device(snakemake.wildcards.device, snakemake.params.settings, checks.parent / "downloads")
    for message in [*(finding.message for finding in device.findings), *device.corrections]:
        logging.getLogger(__name__).warning("%s", message)
    sides = [device.pairs[split][side] for split in SPLITS for side in range(len(SIDES))]
    for path, samples in zip(snakemake.output.recordings, sides, strict=True):
        write_wav(path, samples, device.rate_hz)
    findings = [{"name": finding.name, "message": finding.message} for finding in device.findings]
    measured = [asdict(own) for own in device.measured]
    write_json(checks, {"findings": findings, "corrections": device.corrections, "measured": measured})
