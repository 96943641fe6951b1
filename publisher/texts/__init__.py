"""From the bytes of a policy's text to clauses that can be compared, checked and shown."""
