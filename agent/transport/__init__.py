"""HTTP, WHIP and WebSocket: what browsers and supervisors speak with the agent."""
