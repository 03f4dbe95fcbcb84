"""Takes secrets out of texts by code: card and account numbers, national ids, passwords, codes and API keys."""
