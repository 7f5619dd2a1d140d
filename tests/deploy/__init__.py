"""Checks of what people deploy: by the real parsers, without a daemon or a cluster."""
