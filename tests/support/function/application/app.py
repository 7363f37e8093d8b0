"""The application that is packaged: a handler for each kind of event, tasks, and routes that start them."""

import json
import os
import time
from pathlib import Path

import boto3
from zappa.asynchronous import get_async_response, run, task, task_sns


def note(what):
    """Write down that something ran, for whoever waits for it."""
    with Path(os.environ["WITNESS"], "notes.jsonl").open("a") as file:
        file.write(json.dumps({"note": what}) + "\n")


def app(environ, start_response):
    path = environ["PATH_INFO"].strip("/") or "index"
    answer = ROUTES[path]()
    note(f"web {path}")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def index():
    return {"remote": os.environ.get("FROM_REMOTE_ENV")}


def session(event, context):
    """Return the credentials that Lambda gave to this process: those of the execution role."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return [os.environ[name] for name in names]


@task
def work(number):
    note(f"task {number}")
    return number


@task_sns
def work_over_sns(number):
    note(f"task over sns {number}")
    return number


def start_task():
    return {"sent": work(1).sent}


def start_task_over_sns():
    return {"sent": bool(work_over_sns(2).sent)}


def _answer_of(service):
    started = run(answer, (3,), service=service, capture_response=True)
    for _ in range(400):
        found = get_async_response(started.response_id)
        if found and found["status"] == "complete":
            return found
        time.sleep(0.1)
    return {"status": "not complete"}


def answer(number):
    note(f"answered {number}")
    return number


def orders():
    """What the application asks of AWS itself, as `iam_ext.permissions` declares it."""
    sqs = boto3.client("sqs")
    queue = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    found = boto3.client("dynamodb").get_item(TableName="items", Key={"id": {"S": "none"}})
    return {"queue": attributes["QueueArn"].rpartition(":")[2], "found": "Item" in found}


ROUTES = {
    "orders": orders,
    "index": index,
    "task": start_task,
    "task-over-sns": start_task_over_sns,
    "answer": lambda: _answer_of("lambda"),
    "answer-over-sns": lambda: _answer_of("sns"),
}


def scheduled(event, context):
    note(f"scheduled {event['resources'][0].rpartition('/')[2]}")


def on_s3(event, context):
    note(f"s3 {event['Records'][0]['s3']['object']['key']}")


def on_sns(event, context):
    note(f"sns {event['Records'][0]['Sns']['Message']}")


def on_sqs(event, context):
    note(f"sqs {event['Records'][0]['body']}")


def on_dynamodb(event, context):
    note(f"dynamodb {event['Records'][0]['eventName']}")


def on_kinesis(event, context):
    note(f"kinesis {event['Records'][0]['kinesis']['partitionKey']}")


def authorize(event, context):
    note("authorized")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "somebody", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
