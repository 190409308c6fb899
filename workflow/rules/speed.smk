rule measure_running_speed:
    """Seconds of computation per second of audio, on one core (paper B, section 5)."""
    input:
        models=models_of,
        selection="<results>/models/{configuration}/selection.json",
    output:
        "<results>/speed/running/{configuration}.json",
    log:
        "<logs>/measure_running_speed/{configuration}.log",
    conda:
        ENVIRONMENT
    # Runs alone on the machine: another job would slow the measurement.
    threads: whole_machine
    params:
        code=code_of("measure_running_speed.py"),
        seeds=seeds_of,
        rate_hz=lambda wildcards: config["devices"][settings_of(wildcards)["device"]]["rate_hz"],
    message:
        "running speed of {wildcards.configuration}"
    script:
        "../scripts/measure_running_speed.py"


rule measure_training_time:
    """Time of an update with a configuration's filter and without one, in turn (paper B, section 4.3)."""
    input:
        recordings=recordings_of,
    output:
        "<results>/speed/training/{configuration}.json",
    log:
        "<logs>/measure_training_time/{configuration}.log",
    conda:
        ENVIRONMENT
    threads: whole_machine
    resources:
        gpu=GPUS_PER_TRAINING,
        accelerator=ACCELERATOR,
    params:
        code=code_of("measure_training_time.py"),
        settings=settings_of,
    message:
        "training time of {wildcards.configuration}"
    script:
        "../scripts/measure_training_time.py"
