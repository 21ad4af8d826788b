"""A function that returns the data about its invocation."""

import os


def handler(event, context):
    if event is None:
        raise ValueError("there is no event")
    return {
        "event": event,
        "request_id": context.aws_request_id,
        "function_arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "trace_id": os.environ["_X_AMZN_TRACE_ID"],
    }
