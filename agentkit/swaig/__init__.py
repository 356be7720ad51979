"""SWAIG: the functions that the platform's model may call, and what they answer."""
