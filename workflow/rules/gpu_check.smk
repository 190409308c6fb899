rule gpu_check:
    """Whether this machine's GPU computes right numbers, and how fast it trains, in a table; not part of `all`."""
    input:
        "<results>/benchmark/gpu_check.json",
    output:
        report(
            multiext("<results>/benchmark/gpu_check", *TABLE_SUFFIXES),
            caption="../report/gpu_check.rst",
            category="Benchmark",
            labels={"table": "gpu_check"},
        ),
    log:
        "<logs>/benchmark/gpu_check_table.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("gpu_check_table.py"),
    message:
        "table of the check of the GPU"
    script:
        "../scripts/gpu_check_table.py"


rule measure_gpu:
    """Check the GPU: its errors, whether it gives the same bits again, and its times next to the reference recipe."""
    output:
        "<results>/benchmark/gpu_check.json",
    log:
        "<logs>/benchmark/gpu_check.log",
    conda:
        ENVIRONMENT
    # Runs alone on the machine: another job would slow the measurement.
    threads: whole_machine
    resources:
        gpu=1,
    params:
        code=code_of("measure_gpu.py"),
    message:
        "check of the GPU"
    script:
        "../scripts/measure_gpu.py"
