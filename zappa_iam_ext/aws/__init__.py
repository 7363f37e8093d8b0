"""The only folder that talks to AWS; clients are given, never made inside."""
