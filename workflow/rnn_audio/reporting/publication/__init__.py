"""A run as results that others can read and check, and the comparison of another run with them."""
