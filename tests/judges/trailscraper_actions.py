"""Runs in TrailScraper's own environment: JSON lines of CloudTrail events in, IAM actions and resources out.

TrailScraper (Apache-2.0) turns CloudTrail events into policies, and so holds a public map from API calls to actions.
"""

import json
import sys

from trailscraper.cloudtrail import Record

for line in sys.stdin:
    event = json.loads(line)
    record = Record(event["eventSource"], event["eventName"])
    try:
        statement = record.to_statement()
    except KeyError:
        sys.stdout.write("null\n")
        continue
    told = statement and {
        "actions": [f"{action.prefix}:{action.action}" for action in statement.Action],
        "resources": statement.Resource,
    }
    sys.stdout.write(json.dumps(told) + "\n")
