"""What every service is made of; it knows no room, no message and no user."""
