rule benchmark:
    """Training speed on this machine next to the reference recipe, and Snakemake's overhead; not part of `all`."""
    input:
        expand("<results>/benchmark/{table}{suffix}", table=["training", "growth", "workflow"], suffix=TABLE_SUFFIXES),
        multiext("<results>/benchmark/benchmark", *FIGURE_SUFFIXES),


rule benchmark_training:
    """Time epochs of this library and of the reference recipe, in turn."""
    output:
        "<results>/benchmark/training.json",
    log:
        "<logs>/benchmark/training.log",
    conda:
        ENVIRONMENT
    # Runs alone on the machine: another job would slow the measurement.
    threads: whole_machine
    resources:
        gpu=GPUS_PER_TRAINING,
        accelerator=ACCELERATOR,
    params:
        code=code_of("benchmark_training.py"),
        settings=EXPERIMENT.config["benchmark"],
    message:
        "benchmark of training"
    script:
        "../scripts/benchmark_training.py"


rule benchmark_workflow:
    """Time dry runs of this workflow, as configured and with thousands of jobs, and the start of a job."""
    output:
        "<results>/benchmark/workflow.json",
    log:
        "<logs>/benchmark/workflow.log",
    conda:
        ENVIRONMENT
    threads: whole_machine
    params:
        code=code_of("benchmark_workflow.py"),
        snakefile=os.path.normpath(f"{LIBRARY}/../Snakefile"),
        config=config,
        configurations=len(EXPERIMENT.configurations),
        jobs=EXPERIMENT.config["benchmark"]["workflow_jobs"],
    message:
        "benchmark of the workflow itself"
    script:
        "../scripts/benchmark_workflow.py"


rule benchmark_tables:
    """The benchmark in three tables."""
    input:
        training="<results>/benchmark/training.json",
        workflow="<results>/benchmark/workflow.json",
    output:
        training=report(
            multiext("<results>/benchmark/training", *TABLE_SUFFIXES),
            caption="../report/benchmark.rst",
            category="Benchmark",
            labels={"table": "training"},
        ),
        growth=multiext("<results>/benchmark/growth", *TABLE_SUFFIXES),
        workflow=multiext("<results>/benchmark/workflow", *TABLE_SUFFIXES),
    log:
        "<logs>/benchmark/tables.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("benchmark_tables.py"),
    message:
        "tables of the benchmark"
    script:
        "../scripts/benchmark_tables.py"


rule plot_benchmark:
    """Figure of speeds relative to the reference recipe, and of how time grows."""
    input:
        training="<results>/benchmark/training.json",
    output:
        multiext("<results>/benchmark/benchmark", *FIGURE_SUFFIXES),
    log:
        "<logs>/benchmark/plot.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("plot_benchmark.py"),
    message:
        "figure of the benchmark"
    script:
        "../scripts/plot_benchmark.py"
