"""A Python job that summarizes numbers."""


class FinalError(Exception):
    """An error after which Errand does not retry the job."""


class RetryLaterError(Exception):
    """An error after which Errand retries the job after this many seconds."""

    def __init__(self, seconds, reason):
        super().__init__(f"{seconds} s: {reason}")


def handler(event, context):
    numbers = event["payload"]["numbers"]
    if not numbers:
        raise FinalError("there are no numbers")
    if context.get_remaining_time_in_millis() < 100:
        raise RetryLaterError(30, "too little time is left")
    return {"mean": sum(numbers) / len(numbers), "largest": max(numbers)}
