"""The language of IAM: ARNs, documents, conditions, evaluation. Pure."""
