"""Hooks that keep the generated requests short, and at the operation that they are meant for."""

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
"""Names that exist in the deployment. With random names, there would be nothing to pause."""


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
    """The cases that cover a schema's limits are created without `map_query`."""
    if seconds(case.query) > LONGEST_WAIT:
        case.query["wait"] = LONGEST_WAIT


def seconds(query):
    """Returns what a valid `wait` asks for, as a number or as a string; 0 if there is none."""
    try:
        wait = float(str((query or {}).get("wait")))
    except ValueError:
        return 0
    return wait if wait <= 25 else 0
