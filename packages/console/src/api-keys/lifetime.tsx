/** A choice of a time span. */
interface Span {
  /** Undefined means forever. */
  readonly seconds: number | undefined;
  readonly name: string;
}

const DAY = 86_400;

/** When a new key expires. */
export const LIFETIMES: readonly Span[] = [
  { seconds: 7 * DAY, name: 'in 7 days' },
  { seconds: 30 * DAY, name: 'in 30 days' },
  { seconds: 90 * DAY, name: 'in 90 days' },
  { seconds: 365 * DAY, name: 'in a year' },
  { seconds: undefined, name: 'never' },
];

/** How long a replaced key stays valid. */
export const OVERLAPS: readonly Span[] = [
  { seconds: 0, name: 'not at all (it has leaked)' },
  { seconds: 3_600, name: '1 hour' },
  { seconds: DAY, name: '1 day' },
  { seconds: 7 * DAY, name: '7 days' },
  { seconds: 30 * DAY, name: '30 days' },
];

export interface SpanFieldProps {
  readonly label: string;
  readonly spans: readonly Span[];
  readonly value: number | undefined;
  readonly onChange: (seconds: number | undefined) => void;
}

export function SpanField({ label, spans, value, onChange }: SpanFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={String(value)}
        onChange={(event) => {
          onChange(spans.find(({ seconds }) => String(seconds) === event.currentTarget.value)?.seconds);
        }}
      >
        {spans.map(({ seconds, name }) => (
          <option key={name} value={String(seconds)}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
