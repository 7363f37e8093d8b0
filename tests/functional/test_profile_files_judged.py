"""The AWS SDK for JavaScript reads what we write into the files of profiles, and all that was there before."""

from __future__ import annotations

import itertools
import json
import subprocess

from tests.judges.fixtures import sdk_judge
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.secret import AccessKey, Secret

__all__ = ["sdk_judge"]
KEY = AccessKey("AKIAEXAMPLE000000001", Secret("wJalr=UtnFEMI/K7M#NG+bPxRfiCY;XAMPLEKEY"))
#: Those that this SDK reads: it knows no blanks in a name, nor other characters.
NAMES = ("serverless", "default", "a.b-c_d", "a/b", "a:b", "a%b", "x@y", "1", "-x")
ROLE = "arn:aws:iam::123456789012:role/deploy"
CREDENTIALS = (
    b"",
    b"[w]\naws_access_key_id = AKIAW\naws_secret_access_key = s;x#y",
    b"[w]\r\naws_access_key_id=AKIAW\r\naws_secret_access_key=b\r\n",
    b"# mine\n[w] # work\naws_access_key_id: AKIAW\n",
    b"\t[w]\n\taws_access_key_id\t=\tAKIAW\n\n\n",
    b"[w]\ns3 =\n  max_concurrent_requests = 10\naws_access_key_id=AKIAW\n",
    b"[serverless]\nAWS_ACCESS_KEY_ID = AKIAOLD\naws_secret_access_key = old\naws_session_token = old\n[w]\nx=1\n",
)
CONFIGS = (
    b"",
    b"[profile w]\nregion = eu-north-1\n[services s]\niam =\n  endpoint_url = http://127.0.0.1:1\n",
    b"[default]\r\noutput = json\r\n[sso-session acme]\r\nsso_region = us-east-1",
)


def read(judge, pairs):
    done = subprocess.run(
        judge, input=json.dumps(pairs), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_another_sdk_reads_the_profile_and_the_rest_as_before(sdk_judge, tmp_path):
    found = itertools.product(NAMES, CREDENTIALS)
    cases = [(*each, config) for each, config in zip(found, itertools.cycle(CONFIGS), strict=False)]
    pairs = []
    for number, (_, credentials, config) in enumerate(cases):
        paths = tmp_path / f"{number}.credentials", tmp_path / f"{number}.config"
        paths[0].write_bytes(credentials)
        paths[1].write_bytes(config)
        pairs.append([str(path) for path in paths])
    before = read(sdk_judge, pairs)
    for (name, *_), (credentials, config) in zip(cases, pairs, strict=True):
        files = ProfileFiles(*map(type(tmp_path), (credentials, config)))
        files.write_key(name, KEY, overwrite=True)
        files.write_region(name, "eu-west-1")
        files.write_role(f"{name}-role", ROLE, source_profile=name)
    for (name, *_), old, new in zip(cases, before, read(sdk_judge, pairs), strict=True):
        written = new["credentialsFile"].pop(name)
        assert written["aws_access_key_id"] == KEY.access_key_id
        assert written["aws_secret_access_key"] == KEY.secret_access_key.reveal()
        assert "aws_session_token" not in written
        assert new["configFile"].pop(name)["region"] == "eu-west-1"
        assert new["configFile"].pop(f"{name}-role") == {"role_arn": ROLE, "source_profile": name}
        for file in ("credentialsFile", "configFile"):
            old[file].pop(name, None)
            assert new[file] == old[file]
