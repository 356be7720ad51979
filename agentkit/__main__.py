"""Start the command line: `agentkit` or `python -m agentkit`."""

from agentkit.cli import commands


def main() -> None:
    """Run the command line."""
    commands(prog_name="agentkit")


if __name__ == "__main__":
    main()
