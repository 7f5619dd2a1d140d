"""The whole of Parley as people run it: real servers, two gateways, Caddy in front."""
