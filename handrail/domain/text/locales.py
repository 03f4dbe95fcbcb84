"""Locales by which dates and numbers are written for customers."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError


def locale_of(language: str) -> Locale:
    """Return the locale of a language such as `pt-BR`; English where it is unknown."""
    # British English for `en`: day before month, as in the other languages.
    try:
        return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse("en_GB")
