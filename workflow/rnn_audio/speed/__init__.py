"""How fast models run and train on the machine at hand, and how long a run will take."""
