"""The plan of an execution role: what is made, what stays, what is refused, whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.documents import allow
from tests.support.plans import kinds
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.errors import QuotaExceeded, SettingsError
from zappa_iam_ext.plan import Consents, StageKey
from zappa_iam_ext.plan.changes import (
    CreatePolicyVersion,
    CreateRole,
    PutRolePermissionsBoundary,
    PutRolePolicy,
    TagRole,
    UpdateAssumeRolePolicy,
)
from zappa_iam_ext.plan.documents import fingerprint, merged, same
from zappa_iam_ext.plan.model import ConcernKind
from zappa_iam_ext.plan.ownership import Ownership
from zappa_iam_ext.plan.planning.execution_documents import EnsuredRole
from zappa_iam_ext.plan.planning.execution_role import execution_role_plan
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy
from zappa_iam_ext.roles.execution_trust import execution_trust

ROLE = "hello-dev-ZappaLambdaExecutionRole"
INLINE = "ZappaLambdaExecutionPolicy"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/{ROLE}-Boundary"
MADE = stage()
DEV, SHOP = StageKey("hello", "dev"), StageKey("shop", "dev")
TRUST = execution_trust(MADE)
OPEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}  # fmt: skip
ACCOUNTS = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "sts:AssumeRole",
}
BROKEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            **OPEN["Statement"][0],
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ],
}
ADOPT, PRUNE = Consents(adopt=True), Consents(prune=True, prune_versions=True)
ADOPT_AND_PRUNE = Consents(adopt=True, prune=True, prune_versions=True)


NEEDED = allow("logs:PutLogEvents", "lambda:InvokeFunction")


def wanted(**more):
    given = {
        "name": ROLE,
        "path": "/",
        "stages": (MADE,),
        "inline": INLINE,
        "policy": NEEDED,
        "trust": TRUST,
        "boundary": LIMIT,
    }
    return EnsuredRole(**{**given, **more})


def tags(*documents, stages=frozenset({DEV}), ours=True):
    return Ownership(ours, stages, tuple(map(fingerprint, documents)), MADE.zappa_version).to_tags()


def present(**more):
    """Return the role just as it is wanted."""
    given = {
        "name": ROLE,
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        "trust": TRUST,
        "boundary": LIMIT,
        "tags": tags(NEEDED),
        "inline": {INLINE: NEEDED},
    }
    return CurrentRole(**{**given, **more})


def limit(said=NEEDED, **more):
    given = {"arn": LIMIT, "document": said, "default_version": "v1", "versions": ("v1",), "tags": tags(said)}
    return CurrentPolicy(**{**given, **more})


def of(planned, kind):
    return next(change for change in planned.changes if isinstance(change, kind))


def test_from_nothing_the_boundary_comes_first_and_the_role_has_it_from_the_first_moment_on():
    planned = execution_role_plan(wanted(), None)
    assert kinds(planned) == ["CreatePolicy", "CreateRole", "PutRolePolicy"]
    made = of(planned, CreateRole)
    assert (made.boundary, made.trust, made.tags) == (LIMIT, TRUST, tags(NEEDED))
    assert {each.action for each in planned.widened} == {"logs:PutLogEvents", "lambda:InvokeFunction"}
    assert not planned.unsafe
    assert not planned.takes_away


def test_a_role_that_is_so_needs_nothing():
    assert execution_role_plan(wanted(), present(), limit()).empty


def test_no_boundary_is_made_where_none_is_wanted():
    planned = execution_role_plan(wanted(boundary=""), None)
    assert kinds(planned) == ["CreateRole", "PutRolePolicy"]
    assert execution_role_plan(wanted(boundary=""), present(boundary="")).empty


def test_the_boundary_of_somebody_is_used_and_not_written():
    planned = execution_role_plan(wanted(boundary="arn:aws:iam::aws:policy/X", bounds=False), None)
    assert kinds(planned) == ["CreateRole", "PutRolePolicy"]
    assert of(planned, CreateRole).boundary == "arn:aws:iam::aws:policy/X"


def test_another_boundary_that_the_role_has_stays():
    assert execution_role_plan(wanted(), present(boundary="arn:aws:iam::aws:policy/X"), None).empty


def test_what_is_missing_is_written_and_tagged_before():
    held = present(inline={}, tags=tags(NEEDED))
    assert kinds(execution_role_plan(wanted(), held, limit())) == ["PutRolePolicy"]


def test_while_a_policy_is_replaced_both_documents_are_known_as_ours():
    wider = allow("logs:PutLogEvents", "lambda:InvokeFunction", "s3:GetObject")
    planned = execution_role_plan(wanted(policy=wider), present(), limit())
    assert kinds(planned) == ["TagPolicy", "CreatePolicyVersion", "TagRole", "PutRolePolicy"]
    assert set(of(planned, TagRole).tags["zappa-iam-ext:document"].split()) == {
        fingerprint(wider),
        fingerprint(NEEDED),
    }
    halfway = present(tags=of(planned, TagRole).tags)
    assert not execution_role_plan(wanted(policy=wider), halfway, limit(wider)).unsafe
    done = replace(halfway, inline={INLINE: wider})
    assert execution_role_plan(wanted(policy=wider), done, limit(wider)).empty


def test_what_is_taken_away_wants_consent():
    narrower = allow("logs:PutLogEvents")
    planned = execution_role_plan(wanted(policy=narrower), present(), limit())
    assert planned.takes_away
    assert {each.action for each in planned.narrowed} == {"lambda:InvokeFunction"}
    assert "CreatePolicyVersion" not in kinds(planned)  # the boundary still allows what is needed
    planned = execution_role_plan(wanted(policy=narrower), present(), limit(), PRUNE)
    assert not planned.takes_away
    assert same(of(planned, CreatePolicyVersion).document, narrower)


@pytest.mark.parametrize(
    ("held", "consents", "expected"),
    [
        pytest.param({"trust": BROKEN}, Consents(), "not-owned", id="one that lacks something"),
        pytest.param({"trust": BROKEN}, ADOPT, "", id="one that is adopted"),
        pytest.param({"trust": OPEN}, Consents(), "nothing", id="one that does"),
        pytest.param({"inline": {"x": allow("s3:*")}}, Consents(), "not-owned", id="one with other permissions"),
        pytest.param(
            {"trust": OPEN, "inline": {}, "attached": {"Admin": allow("*")}}, Consents(), "nothing",
            id="one with a managed policy that allows it",
        ),
    ],
)  # fmt: skip
def test_a_role_of_others(held, consents, expected):
    role = present(**{"tags": {}, "boundary": "", **held})
    planned = execution_role_plan(wanted(), role, None, consents)
    if expected == "nothing":
        assert planned.empty
        assert not planned.unsafe
    elif expected:
        assert [concern.kind for concern in planned.concerns] == [ConcernKind.NOT_OWNED]
        assert planned.empty
    else:
        assert not planned.unsafe
        assert planned.narrowed == ()
        assert "TagRole" in kinds(planned)


def test_an_adopted_role_keeps_what_it_holds_within_its_new_boundary():
    role = present(tags={}, boundary="", inline={"own": allow("s3:*")}, attached={"a": allow("sqs:*")})
    planned = execution_role_plan(wanted(), role, None, ADOPT)
    assert kinds(planned) == ["CreatePolicy", "TagRole", "PutRolePolicy", "PutRolePermissionsBoundary"]
    said = str(planned.changes[0].document)
    assert all(action in said for action in ("s3:*", "sqs:*", "logs:PutLogEvents"))
    assert planned.narrowed == ()
    assert of(planned, PutRolePermissionsBoundary).boundary == LIMIT


def test_zappas_own_policy_goes_with_consent_only():
    role = present(inline={INLINE: NEEDED, "zappa-permissions": allow("s3:*")})
    bounded = limit(merged([NEEDED, allow("s3:*")]))
    assert execution_role_plan(wanted(), role, bounded).empty
    planned = execution_role_plan(wanted(), role, bounded, PRUNE)
    assert kinds(planned)[-1] == "DeleteRolePolicy"
    assert {each.action for each in planned.narrowed} >= {"s3:*"}


@pytest.mark.parametrize(
    ("consents", "unsafe", "keeps"),
    [(Consents(), True, None), (ADOPT, False, True), (ADOPT_AND_PRUNE, False, False)],
    ids=["refused", "kept", "taken back"],
)
def test_an_edit_by_hand(consents, unsafe, keeps):
    edited = allow("logs:PutLogEvents", "s3:GetObject")
    planned = execution_role_plan(wanted(), present(inline={INLINE: edited}), limit(), consents)
    assert planned.unsafe is unsafe
    if unsafe:
        assert planned.concerns[0].kind is ConcernKind.DRIFT
    else:
        assert ("s3:GetObject" in str(of(planned, PutRolePolicy).document)) is keeps


def test_a_role_that_apply_made_is_no_edit():
    role = present(
        tags=Ownership(True, frozenset({DEV})).to_tags(), inline={"zappa-permissions": allow("s3:*")}
    )
    planned = execution_role_plan(
        wanted(inline="zappa-permissions"), role, limit(merged([NEEDED, allow("s3:*")])), PRUNE
    )
    assert not planned.unsafe


def test_other_stages_that_share_the_role_keep_what_they_need_even_with_consent():
    theirs = allow("s3:GetObject", resource="arn:aws:s3:::shop/*")
    role = present(
        tags=tags(theirs, stages=frozenset({DEV, SHOP})),
        inline={INLINE: theirs, "zappa-permissions": allow("s3:*")},
        trust={**OPEN, "Statement": [*OPEN["Statement"], ACCOUNTS]},
    )
    planned = execution_role_plan(wanted(), role, limit(theirs), PRUNE)
    said = str(of(planned, PutRolePolicy).document)
    assert "arn:aws:s3:::shop/*" in said
    assert "logs:PutLogEvents" in said
    assert "DeleteRolePolicy" not in kinds(planned)
    assert "UpdateAssumeRolePolicy" not in kinds(planned)
    assert planned.narrowed == ()
    assert "shop/dev" in of(planned, TagRole).tags["zappa-iam-ext:stages"]


def test_zappa_cannot_manage_a_role_of_others_too():
    role = present(tags=tags(NEEDED, stages=frozenset({DEV, SHOP})), inline={"zappa-permissions": NEEDED})
    planned = execution_role_plan(wanted(inline="zappa-permissions"), role, limit())
    assert planned.unsafe
    assert "--no-manage-roles" in planned.concerns[0].hint


@pytest.mark.parametrize(
    ("trust", "consents", "services", "lost"),
    [
        pytest.param(OPEN, Consents(), None, (), id="wider than needed, and it works: it stays"),
        pytest.param(OPEN, PRUNE, ["lambda.amazonaws.com"], ("apigateway.amazonaws.com",), id="pruned"),
        pytest.param(BROKEN, Consents(), ["apigateway.amazonaws.com"], (), id="a condition that never holds"),
        pytest.param({}, Consents(), ["lambda.amazonaws.com"], (), id="nothing that can be read"),
        pytest.param(
            {**OPEN, "Statement": [ACCOUNTS]}, Consents(), ["lambda.amazonaws.com"], (),
            id="what is missing stands first",
        ),
        pytest.param({**OPEN, "Statement": ACCOUNTS}, PRUNE, ["lambda.amazonaws.com"], ("root",), id="an account goes"),
    ],
)  # fmt: skip
def test_whom_the_role_trusts(trust, consents, services, lost):
    planned = execution_role_plan(wanted(), present(trust=trust), limit(), consents)
    if services is None:
        assert planned.empty
        return
    written = of(planned, UpdateAssumeRolePolicy).trust
    assert written["Statement"][0]["Principal"]["Service"] == services
    told = " ".join(each.condition for each in planned.narrowed)
    assert all(each in told for each in lost)
    assert bool(planned.narrowed) is bool(lost)


def test_a_service_that_another_statement_denies_is_not_added_again():
    denied = {**OPEN["Statement"][0], "Effect": "Deny"}
    trust = {**TRUST, "Statement": [*TRUST["Statement"], denied]}
    assert execution_role_plan(wanted(), present(trust=trust), limit()).empty


def test_names_and_sizes_that_iam_does_not_take():
    with pytest.raises(SettingsError, match="IAM allows 64"):
        execution_role_plan(wanted(name="x" * 65), None)
    many = [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(450)]
    with pytest.raises(QuotaExceeded, match="10,240"):
        execution_role_plan(wanted(policy=allow("s3:GetObject", resource=many)), None)
    with pytest.raises(QuotaExceeded, match="6,144") as caught:
        execution_role_plan(wanted(policy=allow("s3:GetObject", resource=many[:250])), None)
    assert "--no-boundary" in caught.value.hint
    long = {**TRUST, "Statement": [{**ACCOUNTS, "Sid": f"Number{number}"} for number in range(20)]}
    with pytest.raises(QuotaExceeded, match="2,048"):
        execution_role_plan(wanted(trust=long), None)


def test_a_boundary_that_is_full_wants_consent_for_its_oldest_version():
    wider = allow("logs:PutLogEvents", "lambda:InvokeFunction", "s3:GetObject")
    full = limit(versions=("v1", "v2", "v3", "v4", "v5"), default_version="v5")
    assert execution_role_plan(wanted(policy=wider), present(), full).concerns[0].kind is ConcernKind.CONSENT
    assert not execution_role_plan(
        wanted(policy=wider), present(), full, Consents(prune_versions=True)
    ).unsafe


def test_one_document_of_several_says_each_thing_once():
    one = {"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
           {"Sid": "D", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}  # fmt: skip
    other = {
        "Version": "2012-10-17",
        "Statement": [{**one["Statement"][0], "Sid": "B"}, {**one["Statement"][0], "Action": "s3:Put*"}],
    }
    assert [each["Sid"] for each in merged([one, other])["Statement"]] == ["A", "D", "A2"]
    assert len(merged([one, other], allows_only=True)["Statement"]) == 2
