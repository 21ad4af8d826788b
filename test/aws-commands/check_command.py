"""Replaces `aws`. It checks a command with the AWS CLI's own parser and validation, but sends nothing. It prints one
word, so that loops and substitutions in the documented commands get a value.
"""

import contextlib
import io
import os
import sys

from awscli.clidriver import create_clidriver


class Accepted(BaseException):
    """Raised when the request is valid and would now be sent."""


is_accepted = False
status = None


def refuse_to_send(**_):
    global is_accepted
    is_accepted = True
    raise Accepted


# This version of the CLI does not read AWS_REGION.
os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
driver = create_clidriver()
driver.session.register("before-call", refuse_to_send)
messages = io.StringIO()
try:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(messages):
        status = driver.main(sys.argv[1:])
except Accepted:
    pass
except SystemExit as error:
    status = error.code
# These commands sign a token without sending a request.
is_local = sys.argv[1:3] == ["rds", "generate-db-auth-token"] and status == 0
# `aws s3` sends requests in threads, so the exception does not reach this code.
if is_accepted or is_local:
    print("value-of-a-command")
    sys.exit(0)
with open(os.environ["ERRAND_FAILURES"], "a", encoding="utf-8") as failures:
    words = " ".join(sys.argv[1:])
    failures.write(f"aws {words}\n  ended with {status}: {messages.getvalue().strip()[-500:]}\n")
sys.exit(1)
