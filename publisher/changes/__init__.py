"""From two texts to what changed, what it means, and how much notice it calls for."""
