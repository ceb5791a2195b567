"""The reply protocol, the agent's side of it, and the reply engine that ships."""
