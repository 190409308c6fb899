rule plot_waveforms:
    """A figure of sounds over time, target and output together."""
    input:
        signals=shown_signals,
        sounds=shown_sounds,
        metrics=shown_metrics,
        code=code_of("plot_waveforms.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/waveforms.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_waveforms/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "waveforms")),
    conda:
        ENVIRONMENT
    params:
        panels=panels_of,
        notes=EXPERIMENT.scale_notes(),
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_waveforms.py"


rule plot_loss_curves:
    """A figure of training losses over the epochs, every seed."""
    input:
        selections=shown_selections,
        histories=shown_histories,
        metrics=shown_metrics,
        code=code_of("plot_loss_curves.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/loss_curves.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_loss_curves/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "loss_curves")),
    conda:
        ENVIRONMENT
    params:
        panels=panels_of,
        published=lambda wildcards: [
            EXPERIMENT.published_loss(panel["configuration"]) for panel in panels_of(wildcards)
        ],
        seeds=EXPERIMENT.seeds,
        notes=EXPERIMENT.scale_notes(),
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_loss_curves.py"
