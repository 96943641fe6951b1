"""Everyone is told, in their language, with an outcome for each: recipients, outbox, letters, sending."""
