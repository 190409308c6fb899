"""Models that one job trains together; skip this folder if you do not pack: only `train_model` in `jobs` enters it."""
