"""What the notice says, one module a language; `agent.transport.notice` puts it together."""
