"""What strangers, broken clients and broken files may do to the agent: nothing but be refused."""
