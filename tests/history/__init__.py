"""Tests of history, against a real Postgres and a real NATS."""
