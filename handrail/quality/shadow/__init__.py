"""Shadows: a candidate answers real cases in a process that knows no server, and nothing that it says goes anywhere."""
