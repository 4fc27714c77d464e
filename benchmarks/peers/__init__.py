"""The libraries we compare with, each run in its own environment: the same tasks, said their way."""
