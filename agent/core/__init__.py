"""What every room shares: values, clock, mailbox, settings, errors. Imports nothing of the rest of the agent."""
