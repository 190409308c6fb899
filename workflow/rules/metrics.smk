rule measure:
    """How far the chosen model's sounds are from their target."""
    input:
        signal=signal_of,
        prediction="<results>/predictions/{configuration}.wav",
        generation="<results>/generations/{configuration}.wav",
        states="<results>/generations/{configuration}.json",
        # The segment and its anchors, if the configuration has an auxiliary network.
        reconstruction=lambda wildcards: [
            f"<results>/reconstructions/{wildcards.configuration}.{suffix}"
            for suffix in ("wav", "json")
            if "auxiliary" in settings_of(wildcards)
        ],
        selection="<results>/models/{configuration}/selection.json",
    output:
        "<results>/metrics/{configuration}.json",
    log:
        "<logs>/measure/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("signal")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("measure.py"),
        settings=settings_of,
        kind=kind_of,
    message:
        "metrics of {wildcards.configuration}"
    script:
        "../scripts/measure.py"


rule measure_device:
    """How far the chosen model's output is from the device's, and how far trivial models are."""
    input:
        recordings=test_recordings_of,
        prediction="<results>/predictions/{configuration}.wav",
        selection="<results>/models/{configuration}/selection.json",
        baselines=lambda wildcards: f"<results>/devices/{settings_of(wildcards)['device']}/baselines.json",
    output:
        "<results>/metrics/{configuration}.json",
    log:
        "<logs>/measure_device/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("device")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("measure_device.py"),
        settings=settings_of,
    message:
        "metrics of {wildcards.configuration}"
    script:
        "../scripts/measure_device.py"
