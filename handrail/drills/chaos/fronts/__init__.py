"""Ways by which customers and people of a drill reach a case: the client of cases, HTTP, and mail."""
