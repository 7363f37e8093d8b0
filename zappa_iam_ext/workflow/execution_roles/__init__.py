"""The execution roles of stages: planned, carried out, waited for, handed over, and the settings that keep them so."""
