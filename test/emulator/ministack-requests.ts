/**
 * Returns the headers for calling a service that this project has no SDK client for. An emulator reads only the service's name from the signature.
 */

function signedFor(service: string): Record<string, string> {
  const credential = `test/20260101/us-east-1/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0` };
}

/** Creates an HTTP API resource in API Gateway. */
export async function callHttpApi(
  endpoint: string,
  resource: string,
  body: object,
): Promise<{ apiId?: string; integrationId?: string }> {
  const response = await fetch(`${endpoint}/v2/apis${resource}`, {
    method: 'POST',
    headers: { ...signedFor('apigateway'), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`API Gateway refuses ${resource}: ${text}`);
  return JSON.parse(text) as object;
}

/** Starts creating a CloudFormation stack. */
export async function createStack(endpoint: string, name: string, template: object): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: signedFor('cloudformation'),
    body: new URLSearchParams({
      Action: 'CreateStack',
      Version: '2010-05-15',
      StackName: name,
      TemplateBody: JSON.stringify(template),
    }),
  });
  if (!response.ok) throw new Error(`CloudFormation refuses the stack: ${await response.text()}`);
}
