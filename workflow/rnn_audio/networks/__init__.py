"""The recurrent networks: shapes, weights, random streams, and the recurrence, which the engines compute."""
