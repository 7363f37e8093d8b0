"""Which continuous integration service runs this process, by what it puts into the environment. Pure.

Several services never set ``CI``. The variables are those the services document; the list is compared with the
npm package ci-info (its ``vendors.json``), which most command line tools follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNNAMED = "a CI service"
"""What a service is called that sets only what many of them set."""

_OFF = frozenset({"", "0", "false", "no", "off"})
_COUNTED = frozenset({"BUILD_ID", "BUILD_NUMBER", "CI_BUILD_NUMBER", "RUN_ID"})
"""Variables that hold a number: zero is one too."""


@dataclass(frozen=True, slots=True)
class CiService:
    """A service, the variables by which it is known, and where that is written.

    ``marks`` are alternatives, each a group of variables that are set together; ``NAME=value`` asks for a value.
    """

    name: str
    marks: tuple[tuple[str, ...], ...]
    source: str


def _row(name: str, source: str, *marks: str) -> CiService:
    return CiService(name, tuple(tuple(mark.split("+")) for mark in marks), source)


#: What names itself more exactly comes first: several services also set what another one sets.
SERVICES = (
    _row("Forgejo Actions", "forgejo.org/docs: Actions reference, environment variables", "FORGEJO_ACTIONS"),
    _row("Gitea Actions", "docs.gitea.com: usage/actions, variables", "GITEA_ACTIONS"),
    _row("GitHub Actions", "docs.github.com: actions, variables reference", "GITHUB_ACTIONS"),
    _row("GitLab CI/CD", "docs.gitlab.com: ci/variables/predefined_variables", "GITLAB_CI"),
    _row(
        "Bitbucket Pipelines",
        "support.atlassian.com: variables and secrets",
        "BITBUCKET_BUILD_NUMBER",
        "BITBUCKET_COMMIT",
    ),
    _row("CircleCI", "circleci.com/docs: reference/variables", "CIRCLECI"),
    _row("Travis CI", "docs.travis-ci.com: user/environment-variables", "TRAVIS"),
    _row("Azure Pipelines", "learn.microsoft.com: pipelines/build/variables", "TF_BUILD"),
    _row("TeamCity", "jetbrains.com/help/teamcity: predefined build parameters", "TEAMCITY_VERSION"),
    _row(
        "AWS CodeBuild",
        "docs.aws.amazon.com: codebuild/latest/userguide/build-env-ref-env-vars.html",
        "CODEBUILD_BUILD_ARN",
        "CODEBUILD_BUILD_ID",
    ),
    _row(
        "AWS Amplify Hosting",
        "docs.aws.amazon.com: amplify/latest/userguide/amplify-console-environment-variables.html",
        "AWS_APP_ID+AWS_JOB_ID",
    ),
    _row(
        "Jenkins",
        "jenkins.io/doc/book/pipeline/jenkinsfile: using environment variables",
        "JENKINS_URL+BUILD_ID",
        "JENKINS_URL+BUILD_NUMBER",
        "JENKINS_URL+JOB_NAME",
    ),
    _row("Hudson", "ci-info", "HUDSON_URL"),
    _row("Buildkite", "buildkite.com/docs: pipelines/environment-variables", "BUILDKITE"),
    _row(
        "Woodpecker",
        "woodpecker-ci.org/docs: usage/environment",
        "CI=woodpecker",
        "CI_SYSTEM_NAME=woodpecker",
    ),
    _row("Drone", "docs.drone.io: pipeline/environment/reference", "DRONE"),
    _row("AppVeyor", "appveyor.com/docs: environment-variables", "APPVEYOR"),
    _row(
        "Bamboo",
        "confluence.atlassian.com: bamboo variables",
        "bamboo_planKey",
        "bamboo_buildKey",
        "BAMBOO_PLANKEY",
    ),
    _row("GoCD", "docs.gocd.org: environment variables", "GO_PIPELINE_LABEL", "GO_PIPELINE_NAME"),
    _row("Semaphore", "docs.semaphore.io: reference/env-vars", "SEMAPHORE"),
    _row("Netlify", "docs.netlify.com: configure-builds/environment-variables", "NETLIFY"),
    _row("Vercel", "vercel.com/docs: system environment variables", "VERCEL", "NOW_BUILDER"),
    _row("Render", "render.com/docs: environment-variables", "RENDER"),
    _row("Cloudflare Pages", "developers.cloudflare.com: pages, build configuration", "CF_PAGES"),
    _row("Cloudflare Workers Builds", "developers.cloudflare.com: workers/ci-cd/builds", "WORKERS_CI"),
    _row("Codefresh", "codefresh.io/docs: variables", "CF_BUILD_ID"),
    _row("Bitrise", "devcenter.bitrise.io: available environment variables", "BITRISE_IO"),
    _row("Buddy", "buddy.works/docs: default environment variables", "BUDDY_WORKSPACE_ID", "BUDDY"),
    _row("Cirrus CI", "cirrus-ci.org: guide/writing-tasks", "CIRRUS_CI"),
    _row("Codemagic", "docs.codemagic.io: environment variables", "CM_BUILD_ID"),
    _row("Codeship", "docs.cloudbees.com: environment variables", "CI_NAME=codeship"),
    _row("SourceHut", "man.sr.ht: builds.sr.ht", "CI_NAME=sourcehut", "JOB_ID+JOB_URL"),
    _row("Google Cloud Build", "cloud.google.com/build/docs: create custom builders", "BUILDER_OUTPUT"),
    _row("HCP Terraform", "developer.hashicorp.com: terraform/cloud-docs/run/run-environment", "TFC_RUN_ID"),
    _row("Spacelift", "docs.spacelift.io: concepts/configuration/environment", "TF_VAR_spacelift_run_id"),
    _row("Harness", "ci-info", "HARNESS_BUILD_ID"),
    _row("Screwdriver", "docs.screwdriver.cd: environment variables", "SCREWDRIVER"),
    _row("Prow", "docs.prow.k8s.io: jobs, job environment variables", "PROW_JOB_ID"),
    _row("Taskcluster", "docs.taskcluster.net: docker-worker environment", "TASK_ID+RUN_ID"),
    _row("Vela", "go-vela.github.io/docs: environment variables", "VELA"),
    _row("Earthly", "docs.earthly.dev: ci integration", "EARTHLY_CI"),
    _row("Expo EAS Build", "docs.expo.dev: build-reference/variables", "EAS_BUILD"),
    _row("Visual Studio App Center", "learn.microsoft.com: appcenter/build", "APPCENTER_BUILD_ID"),
    _row("Xcode Cloud", "developer.apple.com: xcode cloud environment variables", "CI_XCODE_PROJECT"),
    _row("Xcode Server", "ci-info", "XCS"),
    _row("Agola", "ci-info", "AGOLA_GIT_REF"),
    _row("Appcircle", "ci-info", "AC_APPCIRCLE"),
    _row("dsari", "ci-info", "DSARI"),
    _row("Gerrit", "ci-info", "GERRIT_PROJECT"),
    _row("LayerCI", "ci-info", "LAYERCI"),
    _row("Magnum CI", "ci-info", "MAGNUM"),
    _row("Nevercode", "ci-info", "NEVERCODE"),
    _row("ReleaseHub", "ci-info", "RELEASE_BUILD_ID"),
    _row("Sail CI", "ci-info", "SAILCI"),
    _row("Strider", "ci-info", "STRIDER"),
    _row(
        UNNAMED,
        "ci-info: what several services set",
        "CI",
        "CONTINUOUS_INTEGRATION",
        "BUILD_ID",
        "BUILD_NUMBER",
        "CI_APP_ID",
        "CI_BUILD_ID",
        "CI_BUILD_NUMBER",
        "CI_NAME",
        "RUN_ID",
    ),
)


def ci_service(environ: Mapping[str, str]) -> str | None:
    """Return the name of the CI service that runs this process, None when no service does.

    ``CI=false`` (or ``0``) says that it is none, whatever else is set, as ci-info reads it.
    """
    stated = environ.get("CI")
    if stated is not None and stated.strip() and not _set(environ, "CI"):
        return None
    return next((service.name for service in SERVICES if _runs(service, environ)), None)


def _runs(service: CiService, environ: Mapping[str, str]) -> bool:
    return any(all(_set(environ, variable) for variable in mark) for mark in service.marks)


def _set(environ: Mapping[str, str], mark: str) -> bool:
    variable, _, wanted = mark.partition("=")
    value = environ.get(variable, "").strip().lower()
    if wanted:
        return value == wanted
    return bool(value) and (variable in _COUNTED or value not in _OFF)
