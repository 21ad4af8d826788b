import type { LogLine } from 'errand-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { formatAbsolute, formatClock } from '../format/moment.ts';
import { counted } from '../format/number.ts';
import { Notice } from '../parts/notice.tsx';
import { Problem } from '../parts/problem.tsx';
import { useJobLog } from './use-job-log.ts';
import './log-view.css';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Shows the job's log, and updates it while the job runs. */
export function LogView({ jobId, hasEnded }: { jobId: string; hasEnded: boolean }) {
  const { lines, isRead, error } = useJobLog(jobId, hasEnded);
  const [level, setLevel] = useState<LogLine['level']>('debug');
  const [text, setText] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const shown = lines.filter(
    (line) =>
      LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
      (text === '' || line.message.toLowerCase().includes(text.toLowerCase())),
  );
  if (isRead && lines.length === 0 && !error) {
    return (
      <Notice title={hasEnded ? 'The job logged nothing' : 'No lines yet'}>
        <p>
          What a handler writes with <code>log.info(…)</code> or <code>console.log(…)</code> appears here.
        </p>
      </Notice>
    );
  }
  return (
    <div class="log">
      <div class="log-tools">
        <select
          aria-label="Lowest level"
          value={level}
          onChange={(event) => {
            setLevel(event.currentTarget.value as LogLine['level']);
          }}
        >
          {LEVELS.map((each) => (
            <option key={each} value={each}>
              {each === 'debug' ? 'All levels' : `${each} and above`}
            </option>
          ))}
        </select>
        <input
          aria-label="Find in the log"
          placeholder="Find in the log"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <span class="muted">{counted(shown.length, 'line')}</span>
      </div>
      {error && <Problem>{errorText(error)}</Problem>}
      <div
        ref={box}
        class="log-lines mono"
        role="log"
        aria-label="Log"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {shown.map((line, index) => (
          <Line key={index} line={line} startsAttempt={shown[index - 1]?.attempt !== line.attempt} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, startsAttempt }: { line: LogLine; startsAttempt: boolean }) {
  const fields = Object.entries(line.fields);
  return (
    <>
      {startsAttempt && <div class="log-attempt">Attempt {line.attempt}</div>}
      <div class={`log-line log-${line.level}`}>
        <time dateTime={line.time} title={formatAbsolute(line.time)} class="muted">
          {formatClock(line.time)}
        </time>
        <span class="log-level">{line.level}</span>
        <span class="log-message">
          {line.message}
          {fields.map(([name, value]) => (
            <span key={name} class="log-field">
              {' '}
              <span class="muted">{name}=</span>
              {typeof value === 'string' ? value : JSON.stringify(value)}
            </span>
          ))}
        </span>
      </div>
    </>
  );
}
