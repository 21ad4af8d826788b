import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from '../aws-endpoint/answer.ts';
import type { AdminView } from '../aws-endpoint/aws-endpoint.ts';
import { readBody } from '../http-api/read-body.ts';
import type { ArmedRule, Faults } from './faults.ts';
import { InvalidRuleError, readRules } from './rule.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Creates the `/_errand/faults` view. `POST` adds a rule or a list of rules, and responds with 201 `{ids}`. `GET` responds with `{faults}`.
 * Each fault is a rule with its `id`, the number of its matches (`matched`), and the number of matches that it was applied to (`struck`).
 * `DELETE` removes all rules, or one rule with `/_errand/faults/{id}`, and responds with `{removed}`.
 */
export function createFaultsView(faults: Faults): AdminView {
  async function arm(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (!body) {
      answerJson(response, 413, { message: `The rules have more than ${MAX_BODY_BYTES} bytes.` });
      return;
    }
    try {
      answerJson(response, 201, { ids: faults.arm(readRules(JSON.parse(body.toString()))) });
    } catch (error) {
      let reason: string;
      if (error instanceof InvalidRuleError) reason = error.message;
      else if (error instanceof SyntaxError) reason = `The body is not JSON: ${error.message}`;
      else throw error;
      answerJson(response, 400, { message: `${reason}. See docs/faults.md.` });
    }
  }

  return (request, response) => {
    const id = /^\/_errand\/faults\/([^/?]+)/.exec(request.url ?? '')?.[1];
    if (request.method === 'POST' && id === undefined) {
      arm(request, response).catch(() => response.destroy());
    } else if (request.method === 'GET' && id === undefined) {
      answerJson(response, 200, { faults: faults.list().map(describe) });
    } else if (request.method === 'DELETE') {
      const removed = faults.disarm(id);
      if (id !== undefined && removed === 0) answerJson(response, 404, { message: `No fault "${id}".` });
      else answerJson(response, 200, { removed });
    } else {
      const message = 'POST and GET /_errand/faults, and DELETE /_errand/faults or /_errand/faults/{id}.';
      answerJson(response, 405, { message }, { allow: 'GET, POST, DELETE' });
    }
  };
}

/** The response if faults are not enabled. */
export const faultsAreOff: AdminView = (_request, response) => {
  const message = 'The fault points are off. Start with ERRAND_FAULTS=1 to use them; see docs/faults.md.';
  answerJson(response, 404, { message });
};

function describe({ id, rule, matched, struck }: ArmedRule): object {
  return { id, ...rule, matched, struck };
}
