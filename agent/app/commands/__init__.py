"""One module a command; each registers itself and imports only what it needs."""
