"""RFC 6455 conformance of the socket layer, by the Autobahn suite; `make conformance` runs it."""
