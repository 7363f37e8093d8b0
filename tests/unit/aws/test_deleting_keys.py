"""Keys that nobody can use are deleted, or named: recorded answers of IAM."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from zappa_iam_ext.aws.provisioning.making_keys import delete_keys
from zappa_iam_ext.errors import ProvisioningError

USER, KEY = "serverless", "AKIAEXAMPLE123456789"


@pytest.fixture
def stub():
    client = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.client = client
        yield stub


def _missing(stub, times):
    for _ in range(times):
        stub.add_client_error("delete_access_key", "NoSuchEntity", "cannot be found", 404)


def _listed(stub, *ids):
    keys = [{"UserName": USER, "AccessKeyId": each, "Status": "Inactive"} for each in ids]
    stub.add_response("list_access_keys", {"AccessKeyMetadata": keys, "IsTruncated": False})


@pytest.mark.parametrize(("new", "times"), [(False, 1), (True, 7)], ids=["an old one", "one just made"])
def test_a_key_that_is_listed_no_more_is_gone(stub, new, times):
    waited = []
    _missing(stub, times)
    _listed(stub)
    delete_keys(stub.client, USER, (KEY,), waited.append, new=new)
    assert len(waited) == times - 1
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("answer", ["listed", "refused"])
def test_a_key_that_may_be_there_is_named_with_what_deletes_it(stub, answer):
    _missing(stub, 1)
    if answer == "listed":
        _listed(stub, KEY)
    else:
        stub.add_client_error("list_access_keys", "AccessDenied", "denied", 403)
    with pytest.raises(ProvisioningError, match=f"{KEY} is not deleted") as raised:
        delete_keys(stub.client, USER, (KEY,), pytest.fail, new=False)
    assert raised.value.hint == f"aws iam delete-access-key --user-name {USER} --access-key-id {KEY}"
