def models_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/model.safetensors" for seed in EXPERIMENT.seeds]


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
    params:
        settings=settings_of,
        seeds=EXPERIMENT.seeds,
    conda:
        ENVIRONMENT
    script:
        "../scripts/generate.py"
