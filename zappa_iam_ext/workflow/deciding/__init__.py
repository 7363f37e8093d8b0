"""From a stage and its credentials to a Report."""
