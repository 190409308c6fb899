rule download_signal:
    """A recording of a signal from its address, verified by its digest. It runs where Snakemake runs: nodes may have no network."""
    output:
        "<results>/signals/{signal}/downloads/{file}",
    log:
        "<logs>/download_signal/{signal}/{file}.log",
    wildcard_constraints:
        file=one_of(names_of_downloads("signals")),
    retries: 2
    localrule: True
    conda:
        ENVIRONMENT
    params:
        # No digest of the code: a file of the right digest is the same whatever fetched it.
        download=lambda wildcards: downloads_of("signals", wildcards.signal)[wildcards.file],
    message:
        "download of {wildcards.signal}"
    script:
        "../scripts/download.py"


rule prepare_signal:
    """A signal at its source's rate: synthesised, or cut out of a recording."""
    input:
        recording=lambda wildcards: EXPERIMENT.recording_path(wildcards.signal),
        downloads=lambda wildcards: downloaded("signals", wildcards.signal),
    output:
        "<results>/signals/{signal}/source.wav",
    log:
        "<logs>/prepare_signal/{signal}.log",
    cache: True
    priority: 10  # report an unusable recording before anything trains
    conda:
        ENVIRONMENT
    params:
        code=code_of("prepare_signal.py"),
        signal=lambda wildcards: wildcards.signal,
        settings=lambda wildcards: EXPERIMENT.source_settings(wildcards.signal),
        content=lambda wildcards: content_of(*EXPERIMENT.recording_path(wildcards.signal)),
    message:
        "signal {wildcards.signal}"
    script:
        "../scripts/prepare_signal.py"


rule resample_signal:
    """A signal at a rate at which a network learns it (paper A, section IV-B)."""
    input:
        signal="<results>/signals/{signal}/source.wav",
    output:
        "<results>/signals/{signal}/{rate}.wav",
    log:
        "<logs>/resample_signal/{signal}/{rate}.log",
    cache: True
    priority: 10
    conda:
        ENVIRONMENT
    params:
        code=code_of("resample_signal.py"),
        # --cache identifies an output by its parameters, not by its wildcards.
        rate_hz=lambda wildcards: int(wildcards.rate),
        normalise=lambda wildcards: EXPERIMENT.config["signals"][wildcards.signal]["normalise"],
    message:
        "signal {wildcards.signal} at {wildcards.rate} Hz"
    script:
        "../scripts/resample_signal.py"
