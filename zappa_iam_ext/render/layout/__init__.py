"""How text is laid out: its style, tables and sections."""
