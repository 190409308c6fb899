"""What has to be edited to add a kind of figure, or a pre-emphasis filter."""

from support.workspace import Config, Workspace

FIGURE = '''
"""Dots, one a panel."""

from rnn_audio.reporting.figures.style import new_figure


def from_files(declaration, files, notes):
    with new_figure(3, 2, notes) as figure:
        figure.subplots().plot([len(declaration["panels"])], marker="o")
    return figure
'''
FILTER = '    "doubled": Filter(lambda rate_hz, design: [2.0], "Two", "doubled", "Doubled"),\n'


def insert(workspace: Workspace, file: str, after: str, text: str) -> None:
    path = workspace.folder / "workflow" / file
    before, found, rest = path.read_text(encoding="utf-8").partition(after)
    assert found
    path.write_text(before + found + text + rest, encoding="utf-8")


def paper(config: Config) -> str:
    return next(iter(config["papers"]))


def test_a_kind_of_figure_is_an_entry_a_module_and_a_caption(fresh: Workspace) -> None:
    insert(fresh, "rnn_audio/configuration/kinds.py", "FIGURES: Mapping[str, Kind] = {\n", '    "dots": Kind(),\n')
    (fresh.folder / "workflow/rnn_audio/reporting/figures/dots.py").write_text(FIGURE, encoding="utf-8")
    (fresh.folder / "workflow/report/dots.rst").write_text("Dots.\n", encoding="utf-8")
    panel = {"configuration": "steady", "title": "A dot"}
    figure = {"kind": "dots", "caption": "Dots", "panels": [panel]}
    fresh.edit_config(lambda config: config["figures"].update(dots=figure | {"paper": paper(config)}))
    fresh.make("results/figures/dots.svg")
    assert fresh.plan("results/figures/dots.svg").files == set()


def test_a_filter_is_an_entry_next_to_the_others(fresh: Workspace) -> None:
    insert(fresh, "rnn_audio/losses/preemphasis.py", "FILTERS: Mapping[str, Filter] = {\n", FILTER)

    def use(config: Config) -> None:
        row = {"configuration": "loud", "labels": {"filter": "doubled"}, "published": {"doubled": 0.5}}
        common = {"paper": paper(config), "caption": "Doubled"}
        config["configurations"]["loud"] = {"preset": "amplifier", "hidden_size": 4, "pre_emphasis": "doubled"}
        config["tables"]["doubled"] = common | {"kind": "device_losses", "select_by": "test_loss", "rows": [row]}
        config["tables"]["doubled"]["labels"] = {"filter": "Filter"}
        config["figures"]["filters"] = common | {"kind": "filter_responses", "rate_hz": 44100}

    fresh.edit_config(use)
    assert "tables/doubled.csv" in fresh.plan().files
    fresh.make("results/figures/filters.svg")
