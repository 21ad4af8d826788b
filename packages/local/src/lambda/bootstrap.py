"""The runtime of a Python function's sandbox: loads the handler and runs one invocation after another, as AWS's runtime
does (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

Argument: the token that marks the process as one of our sandboxes.
File descriptor 3 is the lifeline, which closes when the parent dies for any reason.
"""

import http.client
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import signal
import site
import sys
import threading
import time
import traceback

RUNTIME_API = "/2018-06-01/runtime"
TASK_ROOT = os.environ["LAMBDA_TASK_ROOT"]
IS_JSON = os.environ["AWS_LAMBDA_LOG_FORMAT"] == "JSON"

# The packages included in Lambda's Python runtimes (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html). They are
# imported from this machine if it has them; all other packages must be in the function's code.
RUNTIME_PACKAGES = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}

current_request_id = None


class RuntimePackages(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if path is None and name in RUNTIME_PACKAGES:
            return importlib.machinery.PathFinder.find_spec(name, site.getsitepackages())
        return None


class LoadError(Exception):
    """Raised if the handler can't be loaded; `error_type` is Lambda's name for the reason."""

    def __init__(self, error_type, message):
        super().__init__(message)
        self.error_type = f"Runtime.{error_type}"


class Context:
    """The context object that a handler receives (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    def __init__(self, headers):
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


class LambdaHandler(logging.Handler):
    """Writes log records in the function's log format."""

    def emit(self, record):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        message = record.getMessage()
        stack = self.formatter_or_default().formatException(record.exc_info) if record.exc_info else None
        if IS_JSON:
            entry = {
                "timestamp": f"{moment}Z",
                "level": record.levelname,
                "message": message,
                "logger": record.name,
                "requestId": current_request_id,
            }
            if stack:
                entry["stackTrace"] = stack.split("\n")
            write_line(json.dumps(entry))
        else:
            text = f"{message}\n{stack}" if stack else message
            milliseconds = f"{moment}.{int(record.msecs):03d}Z"
            write_line(f"[{record.levelname}]\t{milliseconds}\t{current_request_id}\t{text}".replace("\n", "\r"))

    def formatter_or_default(self):
        return self.formatter or logging.Formatter()


def main():
    global current_request_id
    die_with_the_parent()
    sys.meta_path.append(RuntimePackages())
    # Python runs in isolated mode, so it does not read PYTHONPATH itself.
    layers = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:0] = [TASK_ROOT, *layers]
    logging.root.addHandler(LambdaHandler())
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler()
    except Exception as error:
        report(connection, "/init/error", error)
        sys.exit(1)
    while True:
        headers, event = call(connection, "GET", "/invocation/next")
        current_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            result = serialize(handler(json.loads(event), Context(headers)))
        except Exception as error:
            report(connection, f"/invocation/{current_request_id}/error", error)
        else:
            # If a response is refused (413), the API itself responds to the function's caller.
            call(connection, "POST", f"/invocation/{current_request_id}/response", result)
        current_request_id = None


def load_handler():
    name = os.environ["_HANDLER"]
    module_name, dot, function_name = name.rpartition(".")
    if not dot or not module_name:
        raise LoadError("MalformedHandlerName", f"Bad handler '{name}': expected file.function")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise LoadError("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise LoadError("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise LoadError("HandlerNotFound", message) from error


def serialize(result):
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise LoadError("MarshalError", f"Unable to marshal response: {error}") from error


def report(connection, path, error):
    is_ours = isinstance(error, LoadError)
    error_type = error.error_type if is_ours else type(error).__name__
    # Omits this file's own frame. If a module fails to load, the stack also has frames from the import system.
    frames = [] if is_ours else [
        frame for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
    ]
    stack = traceback.format_list(frames)
    write_line("\r".join([f"[ERROR] {error_type}: {error}", "Traceback (most recent call last):", *stack]).replace("\n", "\r"))
    body = {"errorMessage": str(error), "errorType": error_type, "requestId": current_request_id or "", "stackTrace": stack}
    printable = "".join(character if " " <= character <= "~" else "?" for character in error_type)
    call(connection, "POST", path, json.dumps(body), {"Lambda-Runtime-Function-Error-Type": printable})


def call(connection, method, path, body=None, headers={}):
    connection.request(method, RUNTIME_API + path, body, headers)
    response = connection.getresponse()
    return response.headers, response.read()


def write_line(line):
    sys.stdout.write(line + "\n")


def die_with_the_parent():
    def wait():
        os.read(3, 1)
        # The sandbox leads its own process group, so the function's child processes end with the sandbox.
        os.killpg(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


main()
