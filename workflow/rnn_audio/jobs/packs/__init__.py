"""Models that one job trains together; only `train_model` in `jobs` calls this. Without packing, skip this folder."""
