"""The figures of docs/benchmarks.md, measured side by side: `python -m benchmarks`."""
