"""Calls that are written down in YAML: docs/loopback.md has the format."""
