"""Domain packs that ship with the agent."""
