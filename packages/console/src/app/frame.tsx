import { Logo } from '../parts/logo.tsx';
import './shell.css';

/**
 * The frame shown while the key is being checked. The frame is the same on every screen, so that nothing moves when the screen appears.
 */
export function Frame() {
  return (
    <div class="shell" aria-busy="true">
      <header class="shell-bar">
        <span class="icon-button" />
        <Logo />
        <strong>Errand</strong>
      </header>
      <div class="shell-nav">
        <div class="shell-brand">
          <Logo />
          <strong>Errand</strong>
        </div>
      </div>
      <main class="shell-main" />
    </div>
  );
}
