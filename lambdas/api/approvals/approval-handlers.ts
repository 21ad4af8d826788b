import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  JobNotFoundError,
  StateConflictError,
  StoreUnavailableError,
  TooManySignalsError,
} from '../../job/errors.ts';
import { readApprovalToken, type Approvable } from '../../approval/approval-token.ts';
import { answerKeyOf, type ApprovalRequest } from '../../job/steps/approvals.ts';
import { sendSignal } from '../../job/steps/signals.ts';
import { isTerminal } from '../../job/status.ts';
import { toProblem } from '../../middleware/problem.ts';
import type { Dependencies } from '../dependencies.ts';
import type { ApiRequest } from '../request.ts';
import type { StepDependencies } from '../steps.ts';
import { questionPage, textPage } from './approval-page.ts';

// The handlers for approval links, loaded when the first link is opened (see lazy).

type Response = Promise<APIGatewayProxyStructuredResultV2>;
type Path = Readonly<Record<'token', string>>;

/** A link's approval request, or a page that explains why the link no longer works. */
type Opened =
  | { readonly approvable: Approvable; readonly request: ApprovalRequest }
  | { readonly refusal: APIGatewayProxyStructuredResultV2 };

export async function show({ path }: ApiRequest<Path>, dependencies: Dependencies): Response {
  return orUnavailable(dependencies, async (steps) => {
    const opened = await open(path.token, steps);
    if ('refusal' in opened) return opened.refusal;
    const { request, approvable } = opened;
    if (request.answer !== undefined) return answered(410, request.answer);
    return questionPage(request.question, approvable.expiresAt);
  });
}

export async function answer(
  { path, query, auditEntry }: ApiRequest<Path, { answer: 'approve' | 'reject' }>,
  dependencies: Dependencies,
): Response {
  return orUnavailable(dependencies, async (steps) => {
    const opened = await open(path.token, steps);
    if ('refusal' in opened) return opened.refusal;
    const { request, approvable } = opened;
    const { jobId, step } = approvable;
    const approved = query.answer === 'approve';
    const entry = { ...auditEntry(), actor: `approval:${step}` };
    try {
      const signal = { payload: { approved }, key: answerKeyOf(step) };
      const { deduplicated } = await sendSignal(request.tenant, jobId, request.signal, signal, entry, steps);
      if (!deduplicated) return answered(200, { approved });
    } catch (error) {
      // The job ended or was deleted after the page was opened.
      if (error instanceof StateConflictError || error instanceof JobNotFoundError) return ended();
      if (!(error instanceof TooManySignalsError)) throw error;
      const text = 'The job that asked for the approval has reached its signal limit.';
      return textPage(410, 'This link no longer works', text);
    }
    const first = (await steps.approvals.approval(jobId, step))?.answer;
    return answered(isApproved(first) === approved ? 200 : 410, first);
  });
}

async function open(token: string, { approvals, clock }: StepDependencies): Promise<Opened> {
  const approvable = readApprovalToken(await approvals.approvalKey(), token);
  if (!approvable) {
    const text = 'Check that you copied the whole link.';
    return { refusal: textPage(404, 'This approval link does not exist', text) };
  }
  const request = await approvals.approval(approvable.jobId, approvable.step);
  if (!request) {
    const text = 'The job that asked for the approval has been deleted.';
    return { refusal: textPage(410, 'This link no longer works', text) };
  }
  // Check for an answer before checking the expiry, so that the page shows the answer even after the link has expired.
  if (request.answer !== undefined) return { approvable, request };
  if (isTerminal(request.status)) return { refusal: ended() };
  if (approvable.expiresAt <= clock.now()) {
    const text = `It worked until ${approvable.expiresAt.toUTCString()}. Ask for a new link.`;
    return { refusal: textPage(410, 'This link has expired', text) };
  }
  return { approvable, request };
}

function ended(): APIGatewayProxyStructuredResultV2 {
  const text = 'The job that asked for the approval has ended, so it no longer needs an answer.';
  return textPage(410, 'This link no longer works', text);
}

function answered(status: 200 | 410, given: unknown): APIGatewayProxyStructuredResultV2 {
  const approved = isApproved(given);
  const title = approved === undefined ? 'Answered' : approved ? 'Approved' : 'Rejected';
  const text =
    status === 200
      ? 'Your answer was sent. You can close this page.'
      : 'This question has already been answered.';
  return textPage(status, title, text);
}

/**
 * Whether the answer is an approval; undefined if the payload has another format. The format can differ, because the signal
 * can also be sent through the API.
 */
function isApproved(given: unknown): boolean | undefined {
  const { approved } = (given ?? {}) as { approved?: unknown };
  return typeof approved === 'boolean' ? approved : undefined;
}

/** While the database resumes, responds with an HTML page instead of a problem document. */
async function orUnavailable(
  { loadSteps, jobs: { log } }: Dependencies,
  respond: (steps: StepDependencies) => Response,
): Response {
  try {
    return await respond(await loadSteps());
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const { status, headers } = toProblem(error);
    log.error('approval_page_failed', 'An approval link could not be opened or answered.', { status, error });
    const page = textPage(
      status,
      'Please try again',
      'The service is just starting. Reload this page in a few seconds.',
    );
    return { ...page, headers: { ...page.headers, ...headers } };
  }
}
