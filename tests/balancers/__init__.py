"""Parley behind nginx, HAProxy and Traefik, the real ones; `make balancers`, not `make test`."""
