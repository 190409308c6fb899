"""What models sound like, how far that is from the target, and the best of the seeds."""
