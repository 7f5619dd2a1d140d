"""All of Parley on one machine: real servers and services as child processes; no containers."""
