"""A training that starts from another configuration's model: seed by seed, and again when that one changes."""

from support.workspace import Workspace

FREE_RUNNING = {
    "preset": "free_running",
    "signal": "sine",
    "rate_hz": 8000,
    "hidden_size": 4,
    "epochs": 3,
    "free_running": {"start_from": "steady"},
}


def model(configuration: str, seed: int) -> str:
    return f"models/{configuration}/seed-{seed}/model.safetensors"


def models(files: set[str]) -> set[str]:
    return {file for file in files if file.endswith("model.safetensors")}


def test_a_start_is_the_same_seeds_model_and_its_change_trains_both_again(fresh: Workspace) -> None:
    fresh.edit_config(lambda config: config["configurations"].update(onward=FREE_RUNNING))
    wanted = f"results/{model('onward', 2)}"
    assert fresh.results == fresh.folder / "results"
    assert models(fresh.plan(wanted).files) == {model("onward", 2), model("steady", 2)}
    fresh.make(wanted)
    assert not fresh.plan(wanted).files

    fresh.edit_config(lambda config: config["configurations"]["onward"].update(learning_rate=0.002))
    assert models(fresh.plan(wanted).files) == {model("onward", 2)}
    fresh.edit_config(lambda config: config["configurations"]["steady"].update(epochs=4))
    assert models(fresh.plan(wanted).files) == {model("onward", 2), model("steady", 2)}
