"""Roll-outs: what has to stand before a topic answers alone, and how a candidate release takes over step by step."""
