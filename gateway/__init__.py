"""The gateway: one client, one socket; frames in, frames out. Stateless, and talks to NATS only."""
