import { apiUrl, configuration } from '../app/configuration.ts';
import { Button } from '../parts/button.tsx';
import { Notice } from '../parts/notice.tsx';

/** The empty state of the job list. Shows how to submit a first job, or says that no job matches the filter. */
export function NoJobs({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <Notice title="No jobs match the filter">
        <p>Jobs are deleted some time after they have ended, so the job may be gone.</p>
        <Button onClick={onClear}>Clear the filter</Button>
      </Notice>
    );
  }
  const key = configuration.auth === 'none' ? '' : ` \\\n  -H "authorization: Bearer $ERRAND_API_KEY"`;
  return (
    <Notice title="No jobs yet">
      <p>Submit one, and it shows up here:</p>
      <pre>
        {`curl ${apiUrl}/v1/jobs${key} \\\n  -H 'content-type: application/json' \\\n  -d '{"type": "sleep", "payload": {"seconds": 5}}'`}
      </pre>
      <p>
        or in a shell: <code>npx errand submit sleep {`'{"seconds": 5}'`}</code>
      </p>
    </Notice>
  );
}
