"""Deployments under load: two builds that take turns, and very many builds one after the other."""
