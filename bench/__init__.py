"""Measurements of speed and memory: a load, the servers under it, and what they cost."""
