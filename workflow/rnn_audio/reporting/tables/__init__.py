"""Tables: one module per kind or family of kinds, with the papers' values next to ours, written in four formats."""
