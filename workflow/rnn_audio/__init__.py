"""Recurrent networks that make raw audio. Each folder is a room with one purpose; nothing here knows Snakemake."""
