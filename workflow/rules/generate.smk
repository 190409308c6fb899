rule generate:
    """The chosen model's prediction and generation (paper A, section IV-A), their metrics, and summaries over all states."""
    input:
        signal=signal_of,
        models=models_of,
        selection="<results>/models/{configuration}/selection.json",
        # The segment and its anchors, if the configuration has an auxiliary network.
        reconstruction=lambda wildcards: [
            f"<results>/reconstructions/{wildcards.configuration}.{suffix}"
            for suffix in ("wav", "json")
            if "auxiliary" in settings_of(wildcards)
        ],
    output:
        prediction="<results>/predictions/{configuration}.wav",
        generation="<results>/generations/{configuration}.wav",
        states="<results>/generations/{configuration}.json",
        metrics="<results>/metrics/{configuration}.json",
    log:
        "<logs>/generate/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("signal")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("generate.py"),
        settings=settings_of,
        seeds=seeds_of,
        kind=kind_of,
    message:
        "sounds of {wildcards.configuration}"
    script:
        "../scripts/generate.py"


rule reconstruct:
    """The chosen model's reconstruction of a segment by its auxiliary network (paper A, figures 6 and 7)."""
    input:
        signal=signal_of,
        models=models_of,
        selection="<results>/models/{configuration}/selection.json",
    output:
        reconstruction="<results>/reconstructions/{configuration}.wav",
        target="<results>/reconstructions/{configuration}-target.wav",
        anchors="<results>/reconstructions/{configuration}.json",
    log:
        "<logs>/reconstruct/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("auxiliary")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("reconstruct.py"),
        settings=settings_of,
        seeds=seeds_of,
    message:
        "reconstruction by {wildcards.configuration}"
    script:
        "../scripts/reconstruct.py"


rule process_test_set:
    """The chosen model's output for the test recording, its metrics, and the errors of all seeds (paper B, section 5.1)."""
    input:
        recordings=test_recordings_of,
        models=models_of,
        selection="<results>/models/{configuration}/selection.json",
        baselines=lambda wildcards: f"<results>/devices/{settings_of(wildcards)['device']}/baselines.json",
    output:
        prediction="<results>/predictions/{configuration}.wav",
        error="<results>/errors/{configuration}.wav",
        seeds="<results>/errors/{configuration}.json",
        metrics="<results>/metrics/{configuration}.json",
    log:
        "<logs>/process_test_set/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("device")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("process_test_set.py"),
        seeds=seeds_of,
        device=lambda wildcards: settings_of(wildcards)["device"],
    message:
        "test set through {wildcards.configuration}"
    script:
        "../scripts/process_test_set.py"
