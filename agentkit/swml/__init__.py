"""SWML: the document that tells the platform how to run a call."""
