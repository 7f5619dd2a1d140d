"""Tests of the contract: `proto`, its schema and its golden vectors."""
