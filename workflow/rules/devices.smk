rule download_device:
    """A recording of a device from its address, verified by its digest. It runs where Snakemake runs: nodes may have no network."""
    output:
        "<results>/devices/{device}/downloads/{file}",
    log:
        "<logs>/download_device/{device}/{file}.log",
    wildcard_constraints:
        file=one_of(names_of_downloads("devices")),
    retries: 2
    localrule: True
    conda:
        ENVIRONMENT
    params:
        # No digest of the code: a file of the right digest is the same whatever fetched it.
        download=lambda wildcards: downloads_of("devices", wildcards.device)[wildcards.file],
    message:
        "download of {wildcards.device}"
    script:
        "../scripts/download.py"


rule prepare_device:
    """A device's recordings: simulated, read or downloaded, checked, and split by time (paper B, section 3)."""
    input:
        recordings=lambda wildcards: EXPERIMENT.device_paths(wildcards.device),
        downloads=lambda wildcards: downloaded("devices", wildcards.device),
    output:
        recordings=device_recordings("{device}"),
        checks="<results>/devices/{device}/checks.json",
    log:
        "<logs>/prepare_device/{device}.log",
    priority: 10  # report an unusable recording before anything trains
    conda:
        ENVIRONMENT
    params:
        code=code_of("prepare_device.py"),
        settings=lambda wildcards: EXPERIMENT.device_settings(wildcards.device),
        content=lambda wildcards: content_of(*EXPERIMENT.device_paths(wildcards.device)),
    message:
        "recordings of {wildcards.device}"
    script:
        "../scripts/prepare_device.py"


rule device_checks:
    """What was measured of a device's recordings (level, latency, hum, ...), and what to do about each."""
    input:
        "<results>/devices/{device}/checks.json",
    output:
        csv="<results>/devices/{device}/checks.csv",
        markdown="<results>/devices/{device}/checks.md",
        latex="<results>/devices/{device}/checks.tex",
        html=report(
            "<results>/devices/{device}/checks.html",
            caption="../report/device_checks.rst",
            category="Recordings",
            labels={"device": "{device}", "content": "level, latency, faults"},
        ),
    log:
        "<logs>/device_checks/{device}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("device_checks.py"),
    message:
        "checks of {wildcards.device}"
    script:
        "../scripts/device_checks.py"


rule segment:
    """Cut a device's split into segments, which its trainings map into memory (paper B, section 3)."""
    input:
        recordings=lambda wildcards: device_recordings(wildcards.device, [wildcards.split]),
    output:
        "<results>/devices/{device}/{split}/segments-{samples}.npy",
    log:
        "<logs>/segment/{device}/{split}-{samples}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("segment.py"),
    message:
        "segments of {wildcards.device}, {wildcards.split}"
    script:
        "../scripts/segment.py"


rule fit_baselines:
    """A device's loss without a network: silence, a gain, a memoryless waveshaper."""
    input:
        recordings=device_recordings("{device}"),
    output:
        "<results>/devices/{device}/baselines.json",
    log:
        "<logs>/fit_baselines/{device}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("fit_baselines.py"),
        a_weighting_design=EXPERIMENT.a_weighting_design,
    message:
        "trivial baselines of {wildcards.device}"
    script:
        "../scripts/fit_baselines.py"
