"""Tests of auth: its cores alone, everything else over HTTP and NATS against real servers."""
