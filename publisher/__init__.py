"""Publishes a company's policies lawfully, from a commit to the public site and every mailbox."""
