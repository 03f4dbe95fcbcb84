"""Tools from outside: those of MCP servers and of HTTP services with an OpenAPI file, as tools of the business."""
