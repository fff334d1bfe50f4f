"""Sync: read what changed in a CRM, decide it, write the results back, and account for every record."""
