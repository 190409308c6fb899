"""What training minimises: the papers' losses, the pre-emphasis filters before them, and the loss of a generation."""
