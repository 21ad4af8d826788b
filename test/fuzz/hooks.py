"""What keeps the generated requests at the operation that they are meant for, and short."""

from urllib.parse import unquote

import schemathesis

LONGEST_WAIT = 0.05
"""Seconds. A valid `wait` holds the answer back, and a run has seconds for thousands of requests."""


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """API Gateway decodes a path before it looks for the route: a slash or a `?` in a parameter leads to another operation.

    A percent sign that is left then is refused by itself, with 400."""
    return not any(
        character in unquote(str(value)) for value in (path_parameters or {}).values() for character in "/?%"
    )


DEPLOYED = {"queue": "default", "type": "sleep"}
"""Existing names of the deployment. With random names, there would be nothing to pause."""


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
    """The cases that cover a schema's limits are made without `map_query`."""
    if seconds(case.query) > LONGEST_WAIT:
        case.query["wait"] = LONGEST_WAIT


def seconds(query):
    """What a valid `wait` asks for, as a number or as the text that it becomes; 0 where there is none."""
    try:
        wait = float(str((query or {}).get("wait")))
    except ValueError:
        return 0
    return wait if wait <= 25 else 0
