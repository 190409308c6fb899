rule measure:
    """How far the chosen model's sounds are from their target."""
    input:
        signal=signal_of,
        prediction="<results>/predictions/{configuration}.wav",
        generation="<results>/generations/{configuration}.wav",
        selection="<results>/models/{configuration}/selection.json",
        code=code_of("measure.py"),
    output:
        "<results>/metrics/{configuration}.json",
    log:
        "<logs>/measure/{configuration}.log",
    conda:
        ENVIRONMENT
    params:
        settings=settings_of,
        kind=lambda wildcards: EXPERIMENT.config["signals"][settings_of(wildcards)["signal"]]["kind"],
    message:
        "metrics of {wildcards.configuration}"
    script:
        "../scripts/measure.py"
