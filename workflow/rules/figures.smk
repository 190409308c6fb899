rule plot_waveforms:
    """A figure of sounds over time, target and output together."""
    input:
        signals=shown_signals,
        sounds=shown_sounds,
        metrics=shown_metrics,
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
        code=code_of("plot_waveforms.py"),
        panels=panels_of,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_waveforms.py"


rule plot_decays:
    """What several training methods make of a signal on their own: waveforms and energy decay (past paper A)."""
    input:
        signals=shown_signals,
        generations=shown_generations,
        metrics=shown_metrics,
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/decays.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_decays/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "decays")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("plot_decays.py"),
        panels=panels_of,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_decays.py"


rule plot_loss_curves:
    """A figure of training losses over the epochs, every seed."""
    input:
        selections=shown_selections,
        histories=shown_histories,
        metrics=shown_metrics,
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
        code=code_of("plot_loss_curves.py"),
        panels=panels_of,
        published=lambda wildcards: [
            EXPERIMENT.published_loss(panel["configuration"]) for panel in panels_of(wildcards)
        ],
        seeds=EXPERIMENT.seeds,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_loss_curves.py"


rule plot_compared_losses:
    """A figure of training losses over the epochs, several methods in a panel (paper A, figure 8)."""
    input:
        selections=shown_selections,
        histories=shown_histories,
        metrics=shown_metrics,
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/compared_losses.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_compared_losses/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "compared_losses")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("plot_compared_losses.py"),
        panels=panels_of,
        seeds=EXPERIMENT.seeds,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_compared_losses.py"


rule plot_filter_responses:
    """Magnitude responses of the pre-emphasis filters (paper B, figure 3)."""
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
        code=code_of("plot_filter_responses.py"),
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
        code=code_of("plot_error_spectra.py"),
        panels=panels_of,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_error_spectra.py"


rule plot_sweep:
    """What varying one setting does to some quantities, every seed, and to the training loss."""
    input:
        selections=shown_selections,
        histories=shown_histories,
        metrics=shown_metrics,
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/sweep.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_sweep/{figure}.log",
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "sweep")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("plot_sweep.py"),
        declaration=table_beside,
        seeds=EXPERIMENT.seeds,
        notes=scale_notes_of,
    message:
        "figure {wildcards.figure}"
    script:
        "../scripts/plot_sweep.py"
