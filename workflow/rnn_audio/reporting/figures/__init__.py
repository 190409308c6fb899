"""Figures: one module a kind, drawn from arrays and numbers that are given."""
