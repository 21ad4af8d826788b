import { STEP_NAME, STEP_NAME_EXPECTED } from '../definition-schemas.ts';

/** Creates an error about an invalid argument to a step. */
export function refusal(method: string, name: unknown, reason: string): TypeError {
  return new TypeError(`step.${method}("${String(name)}"): ${reason}.`);
}

/** @throws TypeError if the step's name is invalid */
export function requireStepName(method: string, name: unknown): void {
  if (typeof name === 'string' && STEP_NAME.test(name)) return;
  throw refusal(method, name, `the name is invalid. Use ${STEP_NAME_EXPECTED}`);
}

/** Makes step names unique within a run, by adding an index to a name that was already used. */
export class StepNames {
  readonly #uses = new Map<string, number>();

  /** Returns `charge` for the name's first use, and `charge#2` for its second use. */
  next(name: string): string {
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    return uses === 1 ? name : `${name}#${uses}`;
  }
}
