"""What keeps the generated requests at the operation that they are meant for, and short."""

from urllib.parse import unquote

import schemathesis

LONGEST_WAIT = 0.05
"""Seconds. A valid `wait` holds the answer back, and a run has seconds for thousands of requests."""


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """API Gateway decodes a path before it looks for the route: a slash or a `?` in a parameter leads to another operation."""
    return not any(
        character in unquote(str(value)) for value in (path_parameters or {}).values() for character in "/?"
    )


@schemathesis.hook
def map_query(context, query):
    wait = (query or {}).get("wait")
    if isinstance(wait, (int, float)) and not isinstance(wait, bool) and LONGEST_WAIT < wait <= 25:
        query["wait"] = LONGEST_WAIT
    return query
