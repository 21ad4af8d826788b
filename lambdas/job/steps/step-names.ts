import { STEP_NAME, STEP_NAME_EXPECTED } from '../definition-schemas.ts';

/** An invalid argument of a step. */
export function refusal(method: string, name: unknown, reason: string): TypeError {
  return new TypeError(`step.${method}("${String(name)}"): ${reason}.`);
}

/** @throws TypeError for a name that no step can have */
export function requireStepName(method: string, name: unknown): void {
  if (typeof name === 'string' && STEP_NAME.test(name)) return;
  throw refusal(method, name, `the name is invalid: give ${STEP_NAME_EXPECTED}`);
}

/** Distinguishes several uses of one name in the same run. */
export class StepNames {
  readonly #uses = new Map<string, number>();

  /** The name's first use is `charge`, its second `charge#2`. */
  next(name: string): string {
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    return uses === 1 ? name : `${name}#${uses}`;
  }
}
