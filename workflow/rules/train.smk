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
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.trained),
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


rule download_model:
    """A configuration's published model from its address, verified by its digest. It runs where Snakemake runs."""
    output:
        "<results>/models/{configuration}/downloads/{file}",
    log:
        "<logs>/download_model/{configuration}/{file}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.published),
        file=one_of(names_of_downloads("configurations", EXPERIMENT.published)),
    retries: 2
    localrule: True
    conda:
        ENVIRONMENT
    params:
        download=lambda wildcards: downloads_of("configurations", wildcards.configuration)[wildcards.file],
    message:
        "download of {wildcards.configuration}"
    script:
        "../scripts/download.py"


rule convert_published:
    """A published model as the only one of its configuration, and its losses; nothing is trained."""
    input:
        published=published_of,
        recordings=lambda wildcards: device_recordings(settings_of(wildcards)["device"], ["val", "test"]),
    output:
        model="<results>/models/{configuration}/seed-{seed}/model.safetensors",
        run="<results>/models/{configuration}/seed-{seed}/run.json",
    log:
        "<logs>/convert_published/{configuration}/seed-{seed}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.published),
        seed=one_of(map(str, EXPERIMENT.seeds[:1])),
    conda:
        ENVIRONMENT
    params:
        code=code_of("convert_published.py"),
        settings=settings_of,
        content=lambda wildcards: content_of(*published_path_of(wildcards)),
    message:
        "published model of {wildcards.configuration}"
    script:
        "../scripts/convert_published.py"


rule select_best:
    """The best of a configuration's seeds, with every seed's losses (paper B, section 3)."""
    input:
        runs=runs_of,
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
