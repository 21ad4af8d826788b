import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
} from 'aws-lambda';
import { describeError } from '../job/storable.ts';
import type { ServiceLog } from '../job/log.ts';

/** A custom resource's state after an event. */
export interface CustomResource {
  /** The resource's physical id. If an update returns a new id, CloudFormation deletes the old resource. */
  readonly id: string;
  readonly data?: Readonly<Record<string, string>>;
}

export interface CustomResourceProvider {
  /** Creates, updates or deletes the resource. */
  readonly apply: (event: CloudFormationCustomResourceEvent) => Promise<CustomResource>;
  /**
   * The beginning of the failure reason that CloudFormation gets if `apply` throws, such as "The migrations failed". A
   * colon and the error's text follow.
   */
  readonly failure: string;
  readonly log: ServiceLog;
}

/**
 * Handles a CloudFormation event. Responds with the resource or, if `apply` throws, with the reason for the failure.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export async function provideCustomResource(
  event: CloudFormationCustomResourceEvent,
  context: Context,
  { apply, failure, log }: CustomResourceProvider,
): Promise<void> {
  try {
    const { id, data = {} } = await apply(event);
    await respond(event, { Status: 'SUCCESS', PhysicalResourceId: id, Data: { ...data } });
  } catch (error) {
    log.error('custom_resource_failed', 'A custom resource failed.', { failure, error });
    const Reason = `${failure}: ${describeError(error)} (log stream ${context.logStreamName})`;
    const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : 'not-created';
    await respond(event, { Status: 'FAILED', Reason, PhysicalResourceId });
  }
}

type Outcome = { PhysicalResourceId: string } & (
  { Status: 'SUCCESS'; Data: Record<string, string> } | { Status: 'FAILED'; Reason: string }
);

async function respond(event: CloudFormationCustomResourceEvent, outcome: Outcome): Promise<void> {
  const response: CloudFormationCustomResourceResponse = {
    ...outcome,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  const answer = await fetch(event.ResponseURL, {
    method: 'PUT',
    // The URL's signature requires an empty content type.
    headers: { 'content-type': '' },
    body: JSON.stringify(response),
  });
  if (!answer.ok) throw new Error(`CloudFormation did not accept the response: HTTP ${answer.status}.`);
}
