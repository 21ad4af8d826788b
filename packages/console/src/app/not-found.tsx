import { Link } from '@tanstack/react-router';
import { Notice } from '../parts/notice.tsx';

export function NotFound() {
  return (
    <Notice title="Page not found">
      <Link to="/jobs" search={{}}>
        Go to the jobs
      </Link>
    </Notice>
  );
}
