"""Which CI service runs this process: each service by what it sets, and what sets nothing of the kind."""

from __future__ import annotations

import pytest

from zappa_iam_ext.ci import SERVICES, UNNAMED, ci_service

NAMED = [
    pytest.param({"CI": "true", "GITHUB_ACTIONS": "true"}, "GitHub Actions", id="GitHub"),
    pytest.param({"CI": "true", "GITLAB_CI": "true"}, "GitLab CI/CD", id="GitLab"),
    pytest.param({"CI": "true", "BITBUCKET_COMMIT": "abc"}, "Bitbucket Pipelines", id="Bitbucket"),
    pytest.param({"CIRCLECI": "true"}, "CircleCI", id="CircleCI"),
    pytest.param({"TRAVIS": "true"}, "Travis CI", id="Travis"),
    pytest.param({"TF_BUILD": "True"}, "Azure Pipelines", id="Azure Pipelines sets no CI"),
    pytest.param({"JENKINS_URL": "http://j/", "BUILD_NUMBER": "12"}, "Jenkins", id="Jenkins sets no CI"),
    pytest.param({"JENKINS_URL": "http://j/", "BUILD_ID": "12"}, "Jenkins", id="Jenkins by BUILD_ID"),
    pytest.param({"CODEBUILD_BUILD_ID": "p:1"}, "AWS CodeBuild", id="CodeBuild by id"),
    pytest.param({"CODEBUILD_BUILD_ARN": "arn:..."}, "AWS CodeBuild", id="CodeBuild by ARN"),
    pytest.param({"TEAMCITY_VERSION": "2024.1"}, "TeamCity", id="TeamCity sets no CI"),
    pytest.param(
        {"TEAMCITY_VERSION": "2024.1", "BUILD_NUMBER": "3"}, "TeamCity", id="TeamCity counts builds too"
    ),
    pytest.param({"BUILDKITE": "true"}, "Buildkite", id="Buildkite"),
    pytest.param({"CI": "woodpecker"}, "Woodpecker", id="Woodpecker names itself in CI"),
    pytest.param({"DRONE": "true"}, "Drone", id="Drone"),
    pytest.param({"APPVEYOR": "True"}, "AppVeyor", id="AppVeyor"),
    pytest.param({"bamboo_planKey": "P"}, "Bamboo", id="Bamboo writes small letters"),
    pytest.param({"GO_PIPELINE_LABEL": "1"}, "GoCD", id="GoCD"),
    pytest.param({"SEMAPHORE": "true"}, "Semaphore", id="Semaphore"),
    pytest.param({"NETLIFY": "true"}, "Netlify", id="Netlify"),
    pytest.param({"VERCEL": "1"}, "Vercel", id="Vercel"),
    pytest.param({"RENDER": "true"}, "Render", id="Render"),
    pytest.param({"CI_NAME": "codeship"}, "Codeship", id="Codeship by value"),
    pytest.param({"TASK_ID": "x", "RUN_ID": "0"}, "Taskcluster", id="the first run has the number zero"),
    pytest.param({"CI": "1"}, UNNAMED, id="CI=1"),
    pytest.param({"CI": "True"}, UNNAMED, id="CI=True"),
    pytest.param({"CONTINUOUS_INTEGRATION": "true"}, UNNAMED, id="CONTINUOUS_INTEGRATION"),
    pytest.param({"BUILD_NUMBER": "0"}, UNNAMED, id="a build has a number"),
    pytest.param({"CI": "", "TF_BUILD": "True"}, "Azure Pipelines", id="an empty CI says nothing"),
]
NONE = [
    pytest.param({}, id="nothing"),
    pytest.param({"CI": ""}, id="CI is empty"),
    pytest.param({"CI": "false"}, id="CI=false"),
    pytest.param({"CI": "0"}, id="CI=0"),
    pytest.param({"CI": "False", "GITHUB_ACTIONS": "true"}, id="CI=false wins over a service"),
    pytest.param({"TF_BUILD": "False"}, id="a flag that is off"),
    pytest.param({"TF_BUILD": ""}, id="a flag that is empty"),
    pytest.param({"JENKINS_URL": "http://j/"}, id="the address of a Jenkins is no build"),
    pytest.param({"TASK_ID": "x"}, id="half a mark"),
    pytest.param({"AWS_PROFILE": "x", "HOME": "/home/x", "TERM": "xterm"}, id="a developer's shell"),
]


@pytest.mark.parametrize(("environ", "expected"), NAMED)
def test_a_service_is_known_by_what_it_sets(environ, expected):
    assert ci_service(environ) == expected


@pytest.mark.parametrize("environ", NONE)
def test_what_is_no_ci(environ):
    assert ci_service(environ) is None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_mark_of_a_service_names_it(service):
    assert service.source
    for mark in service.marks:
        environ = {name: value or "1" for name, _, value in (part.partition("=") for part in mark)}
        assert ci_service(environ) == service.name
