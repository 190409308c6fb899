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


rule plot_filter_responses:
    """Magnitude responses of the pre-emphasis filters (paper B, figure 3)."""
    input:
        code=code_of("plot_filter_responses.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/filter_responses.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_filter_responses/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "filter_responses")),
    conda:
        ENVIRONMENT
    params:
        rate_hz=lambda wildcards: config["figures"][wildcards.figure]["rate_hz"],
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_filter_responses.py"


rule plot_error_spectra:
    """Test error over frequency, relative to the target (paper B, figure 4)."""
    input:
        targets=shown_targets,
        predictions=shown_predictions,
        code=code_of("plot_error_spectra.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/error_spectra.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_error_spectra/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "error_spectra")),
    conda:
        ENVIRONMENT
    params:
        panels=panels_of,
        notes=EXPERIMENT.scale_notes(),
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_error_spectra.py"
