"""Cases over Temporal: opened, written to, decided, looked at, and listed as the server knows them."""
