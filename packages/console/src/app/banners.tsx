import { useReachable } from '../api/query-client.ts';
import { apiUrl } from './configuration.ts';
import { PausedBanner } from './paused-banner.tsx';
import { useResuming } from './session.ts';
import './banners.css';

/** Messages that apply to every screen. */
export function Banners() {
  const reachable = useReachable();
  const resuming = useResuming();
  if (!reachable) {
    return (
      <div role="alert" class="banner banner-failed">
        The API at {apiUrl} does not respond. This page shows the last known data, and keeps trying.
      </div>
    );
  }
  if (resuming > 0) {
    return (
      <div role="status" class="banner banner-warning">
        The database is waking up. That takes up to 40 seconds.
      </div>
    );
  }
  return <PausedBanner />;
}
