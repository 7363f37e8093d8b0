"""Condition blocks, three-valued: operators, the values they compare, policy variables."""
