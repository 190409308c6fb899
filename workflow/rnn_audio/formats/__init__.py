"""Files of other programs: trained models are written for players, and published models are read."""
