rule train:
    """One model: a configuration and a seed. A pack's first job trains all of it. A killed job goes on."""
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
