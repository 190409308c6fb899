"""Recurrent networks that make raw audio. Each folder has one purpose; nothing here depends on Snakemake."""
