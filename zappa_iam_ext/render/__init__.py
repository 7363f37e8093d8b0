"""Report and Plan to text, JSON and other formats: strings out, no decisions."""
