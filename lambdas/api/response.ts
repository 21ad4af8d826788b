import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** A JSON answer in API Gateway's payload format 2.0. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
