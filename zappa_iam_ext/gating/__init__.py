"""What the gate needs inside a running Zappa beside the check itself: the switch, the other stages, the package, the callback."""
