"""The browser client as people meet it: real Chromium, the whole stack, nothing else."""
