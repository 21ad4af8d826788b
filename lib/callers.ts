import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { isScope, isTenant, SCOPES, TENANT_EXPECTED } from '../lambdas/access/identity.ts';
import type { Scope } from '../lambdas/access/identity.ts';
import type { Api } from './api.ts';
import type { KeyTable } from './key-table.ts';
import { FunctionKeys } from './function-keys.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface GrantSubmitOptions {
  /**
   * The function's scopes. `read`: read jobs, messages and schedules. `submit`: submit, cancel and retry jobs. `admin`: change schedules
   * and the webhook key.
   *
   * @default ['read', 'submit']
   */
  readonly scopes?: readonly ('read' | 'submit' | 'admin')[];
  /**
   * The tenant of the function's jobs. Only valid with `auth: 'api-key'`; otherwise the function's tenant is `defaultTenant`.
   *
   * @default - `defaultTenant`
   */
  readonly tenant?: string;
}

export interface CallersProps {
  readonly settings: ResolvedSettings;
  readonly api: Api;
  /** The API key table. Undefined unless callers use API keys. */
  readonly keyTable: KeyTable | undefined;
}

/** Lambda functions that call the API. */
export class Callers extends Construct {
  private readonly props: CallersProps;
  private readonly granted = new Set<Function>();
  private keys: FunctionKeys | undefined;

  constructor(scope: Construct, id: string, props: CallersProps) {
    super(scope, id);
    this.props = props;
  }

  /** Implements `Errand.grantSubmit`. */
  grantSubmit(fn: Function, options: GrantSubmitOptions): Grant {
    const { settings, api, keyTable } = this.props;
    const { auth, defaultTenant } = settings;
    const scopes = options.scopes ?? ['read', 'submit'];
    const tenant = options.tenant ?? defaultTenant;
    const refuse = (reason: string): never => {
      throw new Error(`grantSubmit(${fn.node.path}): ${reason}`);
    };
    if (scopes.length === 0 || !scopes.every(isScope)) {
      refuse(`scopes is [${scopes.join(', ')}]: choose from ${SCOPES.join(', ')}.`);
    }
    if (!isTenant(tenant)) refuse(`tenant is "${tenant}". Use ${TENANT_EXPECTED}.`);
    if (tenant !== defaultTenant && auth !== 'api-key') {
      refuse(
        `tenant is "${tenant}", but with auth "${auth}" it is defaultTenant, "${defaultTenant}": omit tenant.`,
      );
    }
    if (auth === 'jwt') {
      refuse(
        'with auth "jwt", callers need a token from your identity provider. Get one in the function: createErrand({ url, apiKey: () => token }).',
      );
    }
    if (this.granted.has(fn))
      refuse('the function already has this grant. Call grantSubmit once, with all scopes.');
    this.granted.add(fn);
    fn.addEnvironment('ERRAND_URL', api.url);
    if (keyTable) return this.keysIn(keyTable).give(fn, { scopes: [...new Set(scopes)].sort(), tenant });
    if (auth === 'iam') return api.grantRoutes(fn, new Set<Scope>(scopes));
    return Grant.drop(fn, 'Anyone can call an API with auth "none".');
  }

  /**
   * Returns the construct for function keys, and creates it for the first key. A stack without function keys therefore has no function that writes
   * keys.
   */
  private keysIn(keyTable: KeyTable): FunctionKeys {
    return (this.keys ??= new FunctionKeys(this, 'Keys', { settings: this.props.settings, keyTable }));
  }
}
