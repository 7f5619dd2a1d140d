"""What containers need besides the services, from the same image; not the local stack."""
