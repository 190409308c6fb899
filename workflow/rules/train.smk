rule train:
    """Train one configuration with one seed. A pack's first job trains the whole pack. A killed job resumes."""
    input:
        recordings=recordings_of,
        start=start_of,
    output:
        model="<results>/models/{configuration}/seed-{seed}/model.safetensors",
        history="<results>/models/{configuration}/seed-{seed}/history.csv",
        run="<results>/models/{configuration}/seed-{seed}/run.json",
    log:
        "<logs>/train/{configuration}/seed-{seed}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        **turns_of_packs(),
        gpu=GPUS_PER_TRAINING,
        accelerator=ACCELERATOR,
    params:
        code=code_of("train.py"),
        settings=settings_of,
        checkpoints=lambda wildcards: f"{config['pathvars']['results']}/checkpoints/{wildcards.configuration}",
    message:
        "training {wildcards.configuration}, seed {wildcards.seed}"
    script:
        "../scripts/train.py"


rule select_best:
    """The best of a configuration's seeds, with every seed's losses (paper B, section 3)."""
    input:
        runs=RUNS,
    output:
        "<results>/models/{configuration}/selection.json",
    log:
        "<logs>/select_best/{configuration}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("select_best.py"),
        select_by=lambda wildcards: settings_of(wildcards)["select_by"],
    message:
        "best seed of {wildcards.configuration}"
    script:
        "../scripts/select_best.py"
