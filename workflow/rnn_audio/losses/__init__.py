"""The losses that training minimises: those of the papers, with pre-emphasis filters, and that of a generation."""
