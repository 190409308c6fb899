"""Sounds of trained models, their distances from the target, and the choice of the best seed."""
