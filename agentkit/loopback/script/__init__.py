"""The SWML interpreter: a document runs until the caller or a model is needed."""
