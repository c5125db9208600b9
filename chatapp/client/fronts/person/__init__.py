"""What the fronts for a person at a terminal share: the menu, and the full screen."""
