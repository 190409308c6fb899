"""Tables: one module a kind or family of kinds, the papers' values beside ours, written in four formats."""
