"""Who thinks for the agent, and who speaks for the caller."""
