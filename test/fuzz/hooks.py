"""Hooks that limit the waits of generated requests, and keep each request at its own operation."""

from urllib.parse import unquote

import schemathesis

LONGEST_WAIT = 0.05
"""The maximum `wait` in seconds. A valid `wait` delays the response, and a run has only seconds for thousands of
requests.
"""


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """API Gateway decodes a path before it looks up the route, so a slash or a `?` in a parameter leads to another
    operation. API Gateway itself refuses a percent sign that remains after decoding, with 400.
    """
    return not any(
        character in unquote(str(value)) for value in (path_parameters or {}).values() for character in "/?%"
    )


DEPLOYED = {"queue": "default", "type": "sleep"}
"""Names of queues and types that exist in the deployment. A random name could not be paused."""


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for parameter, name in DEPLOYED.items():
        value = (path_parameters or {}).get(parameter)
        if isinstance(value, str) and value.isidentifier() and len(value) % 2:
            path_parameters[parameter] = name
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    if seconds(query) > LONGEST_WAIT:
        query["wait"] = LONGEST_WAIT
    return query


@schemathesis.hook
def before_call(context, case, kwargs):
    """Limits `wait` in the cases that cover a schema's limits, because they are created without `map_query`."""
    if seconds(case.query) > LONGEST_WAIT:
        case.query["wait"] = LONGEST_WAIT


def seconds(query):
    """Returns the seconds of a valid `wait`, which may be a number or a string; 0 if there is no valid `wait`."""
    try:
        wait = float(str((query or {}).get("wait")))
    except ValueError:
        return 0
    return wait if wait <= 25 else 0
