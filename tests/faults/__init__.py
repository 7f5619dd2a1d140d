"""The harness that kills whatever it likes and then counts: lost, doubled, reordered, leaked."""
