"""What a job of the workflow does, and the first minute of a run: logs, checkpoints, records, packs."""
