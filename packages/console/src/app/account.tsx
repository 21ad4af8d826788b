import { Icon, type IconName } from '../parts/icon.tsx';
import { configuration } from './configuration.ts';
import { leave, useSession } from './session.ts';
import { setTheme, useTheme, type Theme } from './theme.ts';
import './account.css';

const THEMES: readonly { theme: Theme; icon: IconName; name: string }[] = [
  { theme: 'system', icon: 'system', name: 'System theme' },
  { theme: 'light', icon: 'sun', name: 'Light theme' },
  { theme: 'dark', icon: 'moon', name: 'Dark theme' },
];

/** Shows the caller's tenant and scopes, the choice of theme, and the sign-out button. */
export function Account() {
  const session = useSession();
  const theme = useTheme();
  if (session.state !== 'signed-in') return null;
  const { tenant, scopes, actor } = session.caller;
  return (
    <div class="account">
      <div class="account-caller">
        <div class="account-tenant clip" title={actor ?? undefined}>
          {tenant}
        </div>
        <div class="account-scopes muted">{scopes.join(', ')}</div>
      </div>
      <div class="account-tools">
        <div role="radiogroup" aria-label="Theme" class="account-themes">
          {THEMES.map((each) => (
            <button
              key={each.theme}
              type="button"
              role="radio"
              class="icon-button"
              aria-checked={theme === each.theme}
              aria-label={each.name}
              title={each.name}
              onClick={() => {
                setTheme(each.theme);
              }}
            >
              <Icon name={each.icon} />
            </button>
          ))}
        </div>
        {configuration.auth !== 'none' && (
          <button
            type="button"
            class="icon-button"
            aria-label="Sign out"
            title="Sign out"
            onClick={() => void leave()}
          >
            <Icon name="leave" />
          </button>
        )}
      </div>
    </div>
  );
}
