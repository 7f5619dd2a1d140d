"""Of the measurements: what is computed, not what is measured."""
