"""The compose stack on a real Docker engine without a registry; not a part of `make test`."""
