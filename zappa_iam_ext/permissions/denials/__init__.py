"""From a pasted denial back to the call, the setting and the fix."""
