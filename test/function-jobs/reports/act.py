"""A function for tests that acts according to its payload."""

import logging
import time

from app import FinalError, RetryLaterError


def handler(event, context):
    payload = event["payload"]
    how = payload["how"]
    logging.getLogger().warning("acting: %s", how)
    time.sleep(payload["seconds"])
    if how == "fail":
        fail_deep_inside()
    if how == "final":
        raise FinalError("no use")
    if how == "later" and event["attempt"] == 1:
        raise RetryLaterError(1, "busy")
    if how == "nul":
        return {"text": "\0"}
    if how == "large":
        return "x" * 300_000
    return {"event": event, "request_id": context.aws_request_id}


def fail_deep_inside():
    raise ValueError("the numbers\ndo not add up")


def wait(event, context):
    time.sleep(event["payload"]["seconds"])
    return event["attempt"]
