"""How networks learn: data in batches, trainers, optimisers, schedules, and the recipe of a configuration."""
