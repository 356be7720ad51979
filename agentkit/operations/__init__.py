"""What an agent does for the platform: one module an operation, none of them knows HTTP paths."""
