"""The page of the application's own AWS calls, and the golden file of the short forms: ``python -m tests.generate.application``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.support.stages import stage
from zappa_iam_ext.permissions.application import ShortForm, application_statements, short_forms

GOLDEN = Path(__file__).parents[1] / "cases" / "application" / "short-forms.json"

HEAD = """\
# The application's own AWS calls

What your code asks of AWS no setting of Zappa tells. A stage says it in `iam_ext.permissions`, and the execution role's policy
holds it beside [what Zappa and Lambda need](execution-role-permissions.md): `zappa-iam role show`, `diff`, `lint`, `check` and
`ensure` all go by it. The short forms are generated from `permissions/application/short_forms.toml` by `make docs`.

```json
"iam_ext": {
    "permissions": [
        {"dynamodb": "orders", "access": "read-write"},
        {"s3": ["uploads", "reports/2026"], "access": "read"},
        {"sns": "alerts"},
        {"Effect": "Allow", "Action": "rekognition:DetectLabels", "Resource": "*"},
        "permissions.yaml"
    ]
}
```

An entry is one of these; a single one needs no list.

| entry | what becomes of it |
| --- | --- |
| a short form | a service by the table below, what is named in it, and the access; several names in a list. Where there is only one access it need not be said |
| a statement | stays as it is, with all that IAM takes: conditions, `NotAction`, `Deny` |
| a policy document | its statements |
| a file | JSON (`.json`) or YAML (`.yaml`, `.yml`) beside the settings file, or below it: a document, a statement, a short form, or a list of these |

A name is that of the stage's account, region and partition. For anything else give the ARN in its place: `{"dynamodb":
"arn:aws:dynamodb:eu-west-1:210987654321:table/orders", "access": "read"}`. `*` and `?` are wildcards in names as in ARNs.
`<ACCOUNT_ID>`, `<REGION>` and `<PARTITION>` are filled in, in statements too. Sids stay; where two are the same the second gets a number.

What cannot be a permission is refused by every command, with exit code 2, its place and what was probably meant:

    Error: stage prod: iam_ext.permissions[0].access: is one of read, write, read-write, stream, not 'raed'; did you mean read?

An action that AWS does not have, or that a resource does not fit, is no mistake of form: IAM stores it and it grants nothing.
`zappa-iam role lint STAGE --computed` finds it.

A queue or a stream that the application reads itself, and not only Lambda's poller for it, is no longer granted to the poller
alone. Zappa's own `extra_permissions` stay as they are: Zappa writes them into the role that it manages. A role that Zappa
manages (`manage_roles`, the default) gets `iam_ext.permissions` only by `zappa-iam role ensure`.

## Short forms
"""

TAIL = """\
## A draft from the source code

    zappa-iam role draft dev

Where `iam-policy-autopilot` is installed (`pip install iam-policy-autopilot`) it
reads the Python files of the project, or those of `--source FILE`, and guesses what they call. What the execution role may not yet
is printed as the whole of `iam_ext.permissions`, what stands there now included; what to look at goes to stderr. Nothing is
written or applied: static analysis sees calls, not names, so most resources are wildcards that you replace by yours, or by a
short form.

The tool runs as a child process, with its telemetry switched off (`DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY=true`) and without the
credentials of the environment. It asks `servicereference.us-east-1.amazonaws.com`, which needs the network. Where there is none:

    iam-policy-autopilot generate-policies app.py > draft.json
    zappa-iam role draft dev --from draft.json
"""


def application_page() -> str:
    """Return the page."""
    forms = list({form.service: form for form in short_forms().values()}.values())
    return "\n".join([HEAD, *_table(forms), TAIL])


def _table(forms: list[ShortForm]) -> Iterator[str]:
    yield "| service | names | access | actions |"
    yield "| --- | --- | --- | --- |"
    for form in forms:
        for number, access in enumerate(form.access):
            keys = ", ".join(f"`{key}`" for key in (form.service, *form.also))
            words = ", ".join(f"`{word}`" for word in (access.name, *access.also))
            actions = sorted({action for grant in access.grants for action in grant.actions})
            what = f"{form.told}: `{form.example}`" if not number else ""
            yield f"| {keys if not number else ''} | {what} | {words} | {', '.join(f'`{a}`' for a in actions)} |"
    yield ""


def golden() -> str:
    """Return what becomes of each access of each short form, of the example's name."""
    forms = {form.service: form for form in short_forms().values()}.values()
    asked = [{form.service: form.example, "access": access.name} for form in forms for access in form.access]
    told = [
        {"permissions": each, "statements": application_statements(stage({"iam_ext": {"permissions": each}}))}
        for each in asked
    ]
    return json.dumps(told, indent=2) + "\n"


def main() -> None:
    """Write the golden file."""
    GOLDEN.write_text(golden(), "utf-8")


if __name__ == "__main__":
    main()
