"""Uses the generated client like a user. It submits every job type, reads results and lists, and gets refusals.

Arguments: the API's address, and the origin of a server that accepts webhooks.
"""

import sys
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID

from errand_api import AuthenticatedClient
from errand_api.api.batches import get_batch, list_batches
from errand_api.api.jobs import change_jobs, create_job, create_jobs, get_job, list_attempts, list_job_types, list_jobs
from errand_api.api.queues import (
    delete_concurrency_limit,
    list_concurrency_keys,
    list_queues,
    pause_job_type,
    pause_queue,
    put_concurrency_limit,
    resume_job_type,
    resume_queue,
)
from errand_api.api.schedules import delete_schedule, get_schedule, put_schedule
from errand_api.api.steps import list_children, list_steps, send_signal
from errand_api.models import (
    ActPayload,
    ActSubmission,
    AddPayload,
    AddSubmission,
    AnalyzePayload,
    AnalyzeSubmission,
    AttemptList,
    Batch,
    BatchOutcome,
    BatchPage,
    BatchedJob,
    BatchedProblem,
    BulkCount,
    BulkRequest,
    BulkRequestAction,
    BulkRequestFilter,
    ChangedConcurrencyLimit,
    ConcurrencyKeyPage,
    ConcurrencyLimit,
    CreateJobFilesBody,
    CreateJobFilesBodyPayload,
    DrawPayload,
    DrawSubmission,
    Debounce,
    DuplicateJobProblem,
    EvenPayload,
    EvenSubmission,
    FlakyPayload,
    FlakyPayloadHow,
    FlakySubmission,
    GreetAllPayload,
    GreetAllSubmission,
    GreetPayload,
    GreetSubmission,
    InvalidRequestProblem,
    Job,
    JobNotFoundProblem,
    JobPage,
    JobStatus,
    JobTypeList,
    NewConcurrencyLimit,
    OnDuplicate,
    OneAtATimePayload,
    OneAtATimeSubmission,
    PaintPayload,
    PaintSubmission,
    PausedJobType,
    PausedQueue,
    QueueList,
    QueueNotFoundProblem,
    RelaySubmission,
    ReportPayload,
    ReportSubmission,
    ResumedJobType,
    ResumedQueue,
    Schedule,
    ScheduleDefinition,
    ScheduledReportSubmission,
    SendMessagesSubmission,
    SentSignal,
    Signal,
    SleepPayload,
    SleepSubmission,
    StepPage,
    SubmittedConcurrencyLimit,
    Submissions,
    SubmissionsBatch,
    SubmissionsBatchOnComplete,
    SubmittedJob,
    SubmittedRateLimit,
    TellPayload,
    TellSubmission,
    WebhookPayload,
    WebhookSubmission,
)
from errand_api.types import File
from httpx import Timeout

Wanted = TypeVar("Wanted")


def expect(kind: type[Wanted], value: object) -> Wanted:
    assert isinstance(value, kind), f"expected {kind.__name__}, got {value!r}"
    return value


def main(url: str, receiver: str) -> None:
    # With AUTH=none, the service does not check tokens.
    with AuthenticatedClient(base_url=url, token="none", timeout=Timeout(30)) as client:
        submitted = submit_each_type(client, receiver)
        job_types = expect(JobTypeList, list_job_types.sync(client=client))
        assert submitted == {job_type.name for job_type in job_types.items}, submitted
        upload_a_file(client)
        submit_a_batch(client)
        follow_a_batch(client)
        list_all(client, len(submitted))
        be_refused(client)
        change_many(client)
        replace(client)
        schedule(client)
        pause_and_resume(client)
        change_a_limit(client)
        send_a_signal(client)
    print(f"The generated client submitted {len(submitted)} job types.")


# The generator has no names for unions, so this test defines one.
Submission = (
    ActSubmission
    | AddSubmission
    | AnalyzeSubmission
    | DrawSubmission
    | EvenSubmission
    | FlakySubmission
    | GreetAllSubmission
    | GreetSubmission
    | OneAtATimeSubmission
    | PaintSubmission
    | RelaySubmission
    | ReportSubmission
    | SendMessagesSubmission
    | SleepSubmission
    | TellSubmission
    | WebhookSubmission
)


def submit_each_type(client: AuthenticatedClient, receiver: str) -> set[str]:
    submissions: list[Submission] = [
        SleepSubmission(payload=SleepPayload(seconds=0)),
        SleepSubmission(),
        SleepSubmission(
            payload=SleepPayload(seconds=0),
            priority=0,
            concurrency=SubmittedConcurrencyLimit(key="acme", limit=2),
            rate_limit=SubmittedRateLimit(key="acme", limit=100, per_seconds=1, burst=10),
        ),
        WebhookSubmission(payload=WebhookPayload(url=f"{receiver}/webhook", body={"some": ["json"]})),
        SendMessagesSubmission(),
        ActSubmission(payload=ActPayload(how="return")),
        AddSubmission(payload=AddPayload(numbers=[1, 2, 3.5])),
        DrawSubmission(payload=DrawPayload(text="one")),
        EvenSubmission(payload=EvenPayload(number=8)),
        FlakySubmission(payload=FlakyPayload(how=FlakyPayloadHow.THROW)),
        GreetSubmission(payload=GreetPayload(name="Ada")),
        GreetAllSubmission(payload=GreetAllPayload(names=["Ada", "Grace"])),
        OneAtATimeSubmission(payload=OneAtATimePayload(seconds=0)),
        PaintSubmission(payload=PaintPayload(width=16)),
        RelaySubmission(),
        ReportSubmission(payload=ReportPayload(numbers=[1, 2, 6])),
        TellSubmission(payload=TellPayload(name="Ada")),
    ]
    results: dict[str, Any] = {}
    for submission in submissions:
        job = expect(SubmittedJob, create_job.sync(client=client, body=submission, wait=20))
        assert job.status == JobStatus.SUCCESS, job
        assert job.type_ == submission.type_, job
        assert job.payload == submission.to_dict().get("payload", {}), job
        results[job.type_] = job.result
    assert results["add"] == 6.5
    assert results["paint"]["format"] == "png", results
    assert results["report"] == {"mean": 3, "largest": 6}
    # The `analyze` type reads a file: see upload_a_file.
    return {*results, "analyze"}


def upload_a_file(client: AuthenticatedClient) -> None:
    form = CreateJobFilesBody(
        file=File(payload=BytesIO(b"one ERROR"), file_name="log.txt"),
        type_="analyze",
        payload=CreateJobFilesBodyPayload.from_dict({"patterns": ["ERROR"]}),
    )
    job = expect(SubmittedJob, create_job.sync(client=client, body=form, wait=20))
    assert job.status == JobStatus.SUCCESS, job
    file = job.payload["file"]
    again = AnalyzeSubmission(payload=AnalyzePayload(file=file, patterns=["ERROR", "one"]))
    job = expect(SubmittedJob, create_job.sync(client=client, body=again, wait=20))
    assert job.status == JobStatus.SUCCESS, job


def submit_a_batch(client: AuthenticatedClient) -> None:
    batch = Submissions(
        jobs=[
            ReportSubmission(payload=ReportPayload(numbers=[4])),
            GreetSubmission(payload=GreetPayload(name="")),
            AddSubmission(payload=AddPayload(numbers=[1])),
        ]
    )
    # No payload must be lost when a client parses and serializes a submission.
    assert Submissions.from_dict(batch.to_dict()) == batch
    first, refused, last = expect(BatchOutcome, create_jobs.sync(client=client, body=batch)).items
    results = [read_result(client, expect(BatchedJob, outcome).job.job_id) for outcome in (first, last)]
    assert results == [{"mean": 4, "largest": 4}, 1], results
    problem = expect(BatchedProblem, refused).problem
    assert problem.status == 422 and problem.errors and problem.errors[0].field == "payload.name", problem


def follow_a_batch(client: AuthenticatedClient) -> None:
    on_complete = SubmissionsBatchOnComplete(type_="add", payload={"numbers": [1, 2]})
    submissions = Submissions(
        jobs=[ReportSubmission(payload=ReportPayload(numbers=[4]))],
        batch=SubmissionsBatch(id="from-python", on_complete=on_complete),
    )
    submitted = expect(BatchOutcome, create_jobs.sync(client=client, body=submissions))
    assert isinstance(submitted.batch, Batch) and submitted.batch.jobs == 1, submitted
    batch = expect(Batch, get_batch.sync("from-python", client=client, wait=20))
    assert batch.status == "completed" and batch.counts.success == 1, batch
    assert batch.on_complete and batch.on_complete.job_id, batch
    assert read_result(client, batch.on_complete.job_id) == 3
    assert [each.batch_id for each in expect(BatchPage, list_batches.sync(client=client)).items] == ["from-python"]


def read_result(client: AuthenticatedClient, job_id: UUID) -> Any:
    return expect(Job, get_job.sync(job_id, client=client, wait=20)).result


def list_all(client: AuthenticatedClient, types: int) -> None:
    page = expect(JobPage, list_jobs.sync(client=client, limit=200))
    assert len({job.type_ for job in page.items}) == types
    flaky = expect(JobPage, list_jobs.sync(client=client, type_="flaky")).items[0]
    attempts = expect(AttemptList, list_attempts.sync(flaky.job_id, client=client)).items
    assert [attempt.outcome for attempt in attempts] == ["failed", "success"], attempts
    assert attempts[0].stack and "failure.ts" in attempts[0].stack, attempts


def be_refused(client: AuthenticatedClient) -> None:
    wrong = SleepSubmission(payload=SleepPayload(seconds=-1))
    invalid = expect(InvalidRequestProblem, create_job.sync(client=client, body=wrong))
    assert invalid.type_ == "urn:errand:problem:invalid-request" and invalid.status == 422, invalid
    assert [error.field for error in invalid.errors] == ["payload.seconds"], invalid
    missing = get_job.sync(UUID("0192f3a0-7c1e-7000-8000-000000000000"), client=client)
    assert expect(JobNotFoundProblem, missing).status == 404
    unknown = SleepSubmission(object_id="once", on_duplicate=OnDuplicate.REJECT)
    first = expect(SubmittedJob, create_job.sync(client=client, body=unknown))
    second = expect(DuplicateJobProblem, create_job.sync(client=client, body=unknown))
    assert second.job_id == first.job_id, second
    limited = SleepSubmission(priority=2, concurrency=SubmittedConcurrencyLimit(key="acme", limit=2))
    job = expect(SubmittedJob, create_job.sync(client=client, body=limited))
    assert isinstance(job.concurrency, ConcurrencyLimit), job
    assert (job.priority, job.concurrency.key, job.concurrency.limit, job.rate_limit) == (2, "acme", 2, None), job


def replace(client: AuthenticatedClient) -> None:
    waiting = SleepSubmission(object_id="debounced", payload=SleepPayload(seconds=9), debounce=Debounce(seconds=600))
    first = expect(SubmittedJob, create_job.sync(client=client, body=waiting))
    assert first.debounced and not first.replaced and first.window_ends_at == first.run_at, first
    newer = SleepSubmission(
        object_id="debounced", payload=SleepPayload(seconds=0), on_duplicate=OnDuplicate.REPLACE
    )
    second = expect(SubmittedJob, create_job.sync(client=client, body=newer))
    assert second.job_id == first.job_id and second.replaced and second.payload == {"seconds": 0}, second


def change_many(client: AuthenticatedClient) -> None:
    request = BulkRequest(
        action=BulkRequestAction.RETRY,
        filter_=BulkRequestFilter(type_="sleep", status=[JobStatus.FAILED]),
        dry_run=True,
    )
    count = expect(BulkCount, change_jobs.sync(client=client, body=request))
    assert count.matched == 0 and count.exact, count
    request.dry_run = False
    bulk = expect(Job, change_jobs.sync(client=client, body=request))
    done = expect(Job, get_job.sync(bulk.job_id, client=client, wait=20))
    assert done.status == JobStatus.SUCCESS, done
    assert done.result == {"matched": 0, "changed": 0, "skipped": 0}, done


def schedule(client: AuthenticatedClient) -> None:
    job = ScheduledReportSubmission(payload=ReportPayload(numbers=[1]))
    definition = ScheduleDefinition(rate="1 hour", job=job)
    put = expect(Schedule, put_schedule.sync("hourly", client=client, body=definition))
    assert put.job.payload == {"numbers": [1]}, put
    assert expect(Schedule, get_schedule.sync("hourly", client=client)).name == "hourly"
    delete_schedule.sync_detailed("hourly", client=client)


def pause_and_resume(client: AuthenticatedClient) -> None:
    paused = expect(PausedQueue, pause_queue.sync("default", client=client))
    queues = expect(QueueList, list_queues.sync(client=client)).items
    assert [(queue.queue, queue.paused_at) for queue in queues if queue.paused_at] == [("default", paused.paused_at)]
    job = expect(SubmittedJob, create_job.sync(client=client, body=SleepSubmission(payload=SleepPayload(seconds=0))))
    expect(ResumedQueue, resume_queue.sync("default", client=client))
    assert expect(Job, get_job.sync(job.job_id, client=client, wait=20)).status == JobStatus.SUCCESS

    expect(PausedJobType, pause_job_type.sync("sleep", client=client))
    assert [each.type_ for each in expect(QueueList, list_queues.sync(client=client)).paused_types] == ["sleep"]
    expect(ResumedJobType, resume_job_type.sync("sleep", client=client))
    assert expect(QueueNotFoundProblem, pause_queue.sync("nothing", client=client)).status == 404


def change_a_limit(client: AuthenticatedClient) -> None:
    key = "customer/7 & 100 %"
    body = NewConcurrencyLimit(limit=3)
    changed = expect(ChangedConcurrencyLimit, put_concurrency_limit.sync(client=client, key=key, body=body))
    assert (changed.key, changed.set_limit) == (key, 3), changed
    keys = expect(ConcurrencyKeyPage, list_concurrency_keys.sync(client=client)).items
    assert (key, 3, 0) in [(each.key, each.limit, each.running) for each in keys], keys
    assert expect(ChangedConcurrencyLimit, delete_concurrency_limit.sync(client=client, key=key)).set_limit is None



def send_a_signal(client: AuthenticatedClient) -> None:
    waiting = SleepSubmission(delay_seconds=600, max_duration_seconds=60)
    job = expect(SubmittedJob, create_job.sync(client=client, body=waiting))
    assert (job.max_duration_seconds, job.parent_job_id, job.waiting_for) == (60, None, None), job
    signal = Signal(payload={"approved": True}, key="first")
    sent = expect(SentSignal, send_signal.sync(job.job_id, "go", client=client, body=signal))
    assert (sent.name, sent.key, sent.deduplicated) == ("go", "first", False), sent
    again = expect(SentSignal, send_signal.sync(job.job_id, "go", client=client, body=signal))
    assert again.deduplicated, again
    assert expect(StepPage, list_steps.sync(job.job_id, client=client)).items == []
    assert expect(JobPage, list_children.sync(job.job_id, client=client)).items == []


main(*sys.argv[1:])
