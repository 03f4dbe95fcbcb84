"""Servers whose tools the tests use: one for MCP, one for HTTP, both real, on free ports of this machine."""
