"""The recurrent networks: shapes, weights, random streams, and the recurrence, which `engines` computes."""
