"""``*`` and ``?``: matching, containment and overlap, exactly."""
