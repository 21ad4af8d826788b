import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Logo } from '../parts/logo.tsx';
import { errorText } from '../api/error-text.ts';
import { Problem } from '../parts/problem.tsx';
import { apiUrl } from './configuration.ts';
import { hasProvider, signInWithProvider } from './provider-session.ts';
import { needsKey, openSession, signIn } from './session.ts';
import { configuration } from './configuration.ts';
import './sign-in.css';

/** Asks for the kind of credentials that the deployment uses. */
export function SignIn({ reason }: { reason: string | undefined }) {
  return (
    <main class="sign-in">
      <div class="sign-in-box">
        <Logo />
        <h1>Sign in to Errand</h1>
        <p class="muted">{apiUrl}</p>
        {reason !== undefined && (
          <p role="alert" class="sign-in-refusal">
            {reason}
          </p>
        )}
        {needsKey && <KeyForm />}
        {hasProvider && <ProviderButton />}
        {configuration.auth === 'iam' && (
          <p class="sign-in-help">
            Callers of this deployment sign their requests with AWS credentials, which a web page does not
            have. Run a proxy that signs requests, such as aws-sigv4-proxy, and open /console through it.
          </p>
        )}
        {!needsKey && !hasProvider && <Button onClick={() => void openSession()}>Try again</Button>}
      </div>
    </main>
  );
}

/** Redirects to the OpenID provider's sign-in page. */
function ProviderButton() {
  const [isLeaving, setLeaving] = useState(false);
  const [error, setError] = useState<string>();
  const leave = async (): Promise<void> => {
    setLeaving(true);
    setError(undefined);
    try {
      await signInWithProvider();
    } catch (reason) {
      setError(`${configuration.issuer ?? ''} can’t be reached: ${errorText(reason)}`);
      setLeaving(false);
    }
  };
  return (
    <>
      <Button kind="primary" disabled={isLeaving} onClick={() => void leave()}>
        {isLeaving ? 'Opening…' : 'Sign in'}
      </Button>
      <p class="muted sign-in-help">
        You sign in at {new URL(configuration.issuer ?? '').host}. This tab keeps the token until you close
        it.
      </p>
      <Problem>{error}</Problem>
    </>
  );
}

function KeyForm() {
  const [key, setKey] = useState('');
  const [checking, setChecking] = useState(false);
  const isToken = configuration.auth === 'jwt';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() === '') return;
        setChecking(true);
        void signIn(key).finally(() => {
          setChecking(false);
        });
      }}
    >
      <label for="key">{isToken ? 'Token' : 'API key'}</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        spellcheck={false}
        autofocus
        placeholder={isToken ? 'eyJ…' : 'errand_…'}
        value={key}
        onInput={(event) => {
          setKey(event.currentTarget.value);
        }}
      />
      <Button kind="primary" type="submit" disabled={checking || key.trim() === ''}>
        {checking ? 'Checking…' : 'Sign in'}
      </Button>
      <p class="muted sign-in-help">
        {isToken ? (
          'A token of this deployment’s issuer. This tab keeps it until you close it.'
        ) : (
          <>
            This tab keeps the key until you close it. Create one with
            <code>npx errand key create --name me --scopes read,submit</code>
          </>
        )}
      </p>
    </form>
  );
}
