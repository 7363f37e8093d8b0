"""The Lambda layers that AWS publishes for everyone to read. Pure."""

from __future__ import annotations

from zappa_iam_ext.permissions.model import Requirement

#: How the ARNs begin of layers that AWS publishes for everyone: partition, account and the layer's name. Powertools for AWS
#: Lambda (Python), "Installation"; AWS SDK for pandas, "AWS Lambda Managed Layers"; Lambda Insights by region,
#: ``layerVersions.json`` of awslabs/serverless-plugin-lambda-insights, and "Lambda Insights extension versions" for 580247275435.
#: They name them for use in any account; that each layer's own policy lets everyone read it is not confirmed beyond that.
PUBLIC_LAYERS = (
    ("aws", "017000801446", "AWSLambdaPowertoolsPython"),
    ("aws-cn", "498634801083", "AWSLambdaPowertoolsPython"),
    ("aws-us-gov", "165087284144", "AWSLambdaPowertoolsPython"),
    ("aws-us-gov", "165093116878", "AWSLambdaPowertoolsPython"),
    ("aws", "336392948345", "AWSSDKPandas-"),
    *(
        ("aws", account, "LambdaInsightsExtension")
        for account in (
            "580247275435",  # most regions
            "012438385374",  # af-south-1
            "033019950311",  # eu-central-2
            "285320876703",  # me-south-1
            "339249233099",  # eu-south-1
            "352183217350",  # eu-south-2
            "439286490199",  # ap-southeast-3
            "519774774795",  # ap-east-1
            "732604637566",  # me-central-1
            "891564319516",  # ap-south-2
        )
    ),
    ("aws-cn", "488211338238", "LambdaInsightsExtension"),
)
_LAYER_ARN_PARTS = 8


def is_public_layer(requirement: Requirement) -> bool:
    """Say whether a requirement is about a layer of AWS that everyone may read."""
    parts = requirement.resource.split(":")
    if (
        requirement.action != "lambda:GetLayerVersion"
        or len(parts) != _LAYER_ARN_PARTS
        or parts[5] != "layer"
    ):
        return False
    _, partition, _, _, account, _, name, _ = parts
    return any(
        (partition, account) == (where, owner) and name.startswith(start)
        for where, owner, start in PUBLIC_LAYERS
    )
