"""Tests of the presence service, against a real Valkey and a real NATS."""
