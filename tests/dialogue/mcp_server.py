"""An MCP server of a business: `python -m tests.dialogue.mcp_server` speaks over standard input and output."""

import os
import sys

from mcp.server.mcpserver import MCPServer


def server() -> MCPServer:
    """Orders to find and cancel; a tool that fails, and one that ends the server."""
    made = MCPServer("orders")
    cancelled: list[str] = []

    @made.tool()
    def get_order(order_id: str) -> dict[str, str]:
        if order_id == "A0000":
            return {"outcome": "unknown", "order_id": order_id}
        return {"outcome": "found", "order_id": order_id, "price": "$40", "arrives": "tomorrow\u202e"}

    @made.tool()
    def cancel_order(order_id: str) -> dict[str, str]:
        cancelled.append(order_id)
        return {"outcome": "cancelled", "order_id": order_id, "times": str(len(cancelled))}

    @made.tool()
    def environment() -> dict[str, str]:
        return {"outcome": "found", "secret": os.environ.get("AGENT_REPLY__LLM__KEY", "not given")}

    @made.tool()
    def broken() -> dict[str, str]:
        raise RuntimeError("this tool is broken")

    @made.tool()
    def crash() -> dict[str, str]:
        os._exit(3)

    return made


if __name__ == "__main__":
    sys.exit(server().run("stdio"))
