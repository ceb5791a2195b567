"""What is kept of calls, and where."""
