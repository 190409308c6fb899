from rnn_audio.configuration.listening import compared_models
from rnn_audio.listening.results import results_files


wildcard_constraints:
    listening=one_of(EXPERIMENT.config["listening"]),


def listening_parts():
    """Parts of the page that are no Python."""
    rooms = ("listening", "reporting/page")
    return sorted(path for room in rooms for path in (Path(LIBRARY) / "rnn_audio" / room / "static").iterdir())


def listening_test(wildcards):
    """The declaration of a listening test."""
    return EXPERIMENT.config["listening"][wildcards.listening]


def answers_of(wildcards):
    """The CSV files of a test's listeners, which may be none."""
    return [str(path) for path in results_files(Path(listening_test(wildcards)["results"]))]


def paper_of_listening(wildcards):
    """The section of the report that a listening test belongs to."""
    return as_text(config["papers"][listening_test(wildcards)["paper"]]["title"])


def listening_labels(wildcards):
    """Labels in the report."""
    return {"figure": wildcards.listening, "content": as_text(listening_test(wildcards)["caption"])}


def listening_table(end):
    """The files of one of a listening test's tables, of which the report shows one."""
    shown = report(
        f"<results>/tables/{{listening}}{end}.html",
        caption="../report/table.rst",
        category=paper_of_listening,
        subcategory="Tables",
        labels=lambda wildcards: {
            "table": f"{wildcards.listening}{end}",
            "content": as_text(listening_test(wildcards)["caption"]),
        },
    )
    return [*multiext(f"<results>/tables/{{listening}}{end}", ".csv", ".md", ".tex"), shown]


rule make_stimuli:
    """The sounds of a listening test, in a folder for webMUSHRA and pymushra (paper B, section 5.2)."""
    input:
        recordings=lambda wildcards: device_recordings(EXPERIMENT.listening_device(wildcards.listening), ["test"]),
        outputs=lambda wildcards: expand(
            "<results>/predictions/{configuration}.wav", configuration=compared_models(listening_test(wildcards))
        ),
    output:
        webmushra=directory("<results>/listening/{listening}/webmushra"),
        record="<results>/listening/{listening}/stimuli.json",
    log:
        "<logs>/make_stimuli/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("make_stimuli.py"),
        test=listening_test,
        device=lambda wildcards: EXPERIMENT.device_settings(EXPERIMENT.listening_device(wildcards.listening)),
        notes=lambda wildcards: EXPERIMENT.scale_notes(*compared_models(listening_test(wildcards))),
    message:
        "sounds of {wildcards.listening}"
    script:
        "../scripts/make_stimuli.py"


rule listening_page:
    """A listening test as one page, which opens from disk and gives its results as files."""
    input:
        webmushra="<results>/listening/{listening}/webmushra",
        record="<results>/listening/{listening}/stimuli.json",
    output:
        "<results>/listening/{listening}/test.html",
    log:
        "<logs>/listening_page/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=digest([*code_dependencies(Path(LIBRARY) / "scripts/listening_page.py"), *listening_parts()]),
        test=listening_test,
        notes=lambda wildcards: EXPERIMENT.scale_notes(*compared_models(listening_test(wildcards))),
    message:
        "page of {wildcards.listening}"
    script:
        "../scripts/listening_page.py"


rule analyse_listening:
    """Screening, scores and comparisons of a listening test; without results it says that nobody has taken part."""
    input:
        stimuli="<results>/listening/{listening}/stimuli.json",
        results=answers_of,
    output:
        "<results>/listening/{listening}/analysis.json",
    log:
        "<logs>/analyse_listening/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("analyse_listening.py"),
        test=listening_test,
        content=lambda wildcards: content_of(*answers_of(wildcards)),
    message:
        "analysis of {wildcards.listening}"
    script:
        "../scripts/analyse_listening.py"


rule show_listening:
    """Tables and figure of a listening test (paper B, table 2 and figure 5)."""
    input:
        stimuli="<results>/listening/{listening}/stimuli.json",
        analysis="<results>/listening/{listening}/analysis.json",
    output:
        scores=listening_table(""),
        comparisons=listening_table("_comparisons"),
        clips=listening_table("_clips"),
        listeners=listening_table("_listeners"),
        figure=[
            report(
                "<results>/figures/{listening}.svg",
                caption="../report/listening.rst",
                category=paper_of_listening,
                subcategory="Figures",
                labels=listening_labels,
            ),
            "<results>/figures/{listening}.png",
        ],
    log:
        "<logs>/show_listening/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("show_listening.py"),
        declaration=listening_test,
        notes=lambda wildcards: EXPERIMENT.listening_notes(wildcards.listening),
    message:
        "tables and figure of {wildcards.listening}"
    script:
        "../scripts/show_listening.py"
