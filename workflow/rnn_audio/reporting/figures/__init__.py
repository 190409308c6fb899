"""Figures: one module per kind, each drawing given arrays and numbers."""
