"""The WebSocket handlers: an echo."""

from app import note
from zappa.websocket import on_connect, on_disconnect, on_message, send_message


@on_connect
def connect(event, context):
    note("connect")
    return {"statusCode": 200}


@on_message
def message(event, context):
    send_message(event["requestContext"]["connectionId"], {"echo": event["body"]})
    note("message")
    return {"statusCode": 200}


@on_disconnect
def disconnect(event, context):
    note("disconnect")
    return {"statusCode": 200}
