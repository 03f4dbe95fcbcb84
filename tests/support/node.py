"""Packages of npm for a test, in a folder of its own: skipped where node or a package cannot be had."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE_SECONDS = 180


def installed(folder: Path, *packages: str) -> Path:
    """The folder, with the packages in it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    try:
        run(folder, npm, "install", *quiet, "--prefix", str(folder), *packages)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{', '.join(packages)} cannot be installed: {type(error).__name__}")
    return folder


def run(folder: Path, *command: str) -> str:
    """What the command prints. Raises: subprocess.CalledProcessError."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS, cwd=folder)
    return done.stdout
