"""The front door of a stack: calls over HTTP, streams and pages. Prints nothing."""
