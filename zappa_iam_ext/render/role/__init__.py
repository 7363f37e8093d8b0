"""The execution role of a stage to text, JSON and the formats of others. Strings out, no decisions."""
