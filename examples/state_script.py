"""Call state without an agent: `state_script.py [URL]`, in any store."""

import sys

from agentkit import FileStateManager, StateManager
from agentkit.state.opening import open_url


def play(manager: StateManager) -> None:
    """Do what the vendor's early SDK documented."""
    manager.store("call-1", {"teas": 1})
    manager.update("call-1", {"packs": {"Assam": 2}})
    manager.update("call-1", {"packs": {"Sencha": 1}})
    print(manager.retrieve("call-1"))
    print(manager.exists("call-1"), manager.delete("call-1"), manager.exists("call-1"))
    print(manager.cleanup_expired(), "collected")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        play(StateManager(open_url(sys.argv[1])))
    else:
        play(FileStateManager("calls", expiry_days=1.0))
