"""Tests of the gateway: its cores by themselves, its socket layer on real sockets."""
