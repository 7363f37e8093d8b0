"""An account of its own on the local AWS, with a home of its own, and a desired state to apply to it."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import botocore.session
from botocore.config import Config

from tests.support.documents import allow
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import current_state, with_former_versions
from zappa_iam_ext.aws.provisioning.provisioner import Provisioner
from zappa_iam_ext.plan import Consents, DesiredPolicy, DesiredState
from zappa_iam_ext.plan import plan as make_plan

POLICY = "ZappaLambdaDeploymentPolicy"
_SESSION = botocore.session.Session()
"""One for all: to read botocore's models takes longer than to ask. Credentials are given to each client."""
_ACCOUNTS = itertools.count(210000000000 + 100000 * (os.getpid() % 100000))
KEEP_GOING = Consents(prune=True, prune_versions=True)


class World:
    """An account of its own on the local AWS, its root's clients, and a home of its own."""

    def __init__(self, endpoint, home):
        self.account = str(next(_ACCOUNTS))
        self.endpoint = endpoint
        self.files = ProfileFiles(home / ".aws" / "credentials", home / ".aws" / "config")
        self.iam = self.client("iam", self.account, "root")
        self.desired = DesiredState(
            self.account,
            "serverless",
            (DesiredPolicy(POLICY, allow("lambda:ListFunctions")),),
            profile="serverless",
        )
        self.steps = []

    def client(self, service, key_id, secret, endpoint=""):
        return _SESSION.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=endpoint or self.endpoint,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def plan(self, **consent):
        return self.planned(self.desired, replace(KEEP_GOING, **consent))

    def planned(self, desired, consents=KEEP_GOING, iam=None):
        """Return the plan, looking as `apply` looks."""
        iam = iam or self.iam
        current = current_state(iam, desired, self.files)
        current = with_former_versions(iam, current, make_plan(desired, current, consents))
        return make_plan(desired, current, consents)

    def apply(self, plan=None):
        provisioner = Provisioner(
            self.iam, self.files, on_step=self.steps.append, sleep=lambda _seconds: None
        )
        return provisioner.apply(plan or self.plan())

    def keys(self, user="serverless"):
        try:
            return [k["AccessKeyId"] for k in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
        except self.iam.exceptions.NoSuchEntityException:
            return []
