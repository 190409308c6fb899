rule generate:
    """The chosen model's prediction and its generation from one seed sample (paper A, section IV-A)."""
    input:
        signal=signal_of,
        models=models_of,
        selection="<results>/models/{configuration}/selection.json",
        code=code_of("generate.py"),
    output:
        prediction="<results>/predictions/{configuration}.wav",
        generation="<results>/generations/{configuration}.wav",
    log:
        "<logs>/generate/{configuration}.log",
    conda:
        ENVIRONMENT
    params:
        settings=settings_of,
        seeds=EXPERIMENT.seeds,
    message:
        "prediction and generation of {wildcards.configuration}"
    script:
        "../scripts/generate.py"
