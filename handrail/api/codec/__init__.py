"""The codec server: Temporal's Web UI and command line have payloads decrypted and encrypted here, by those who may."""
