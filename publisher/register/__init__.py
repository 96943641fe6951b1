"""What is on the publishing ref, what was published, and the journal of what happened."""
