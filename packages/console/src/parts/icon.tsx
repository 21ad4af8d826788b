/** 16-pixel icons with 1.5-pixel lines. */
const PATHS = {
  overview: 'M2.5 13.5h11M4.5 11V7.5M8 11V3.5M11.5 11V6',
  jobs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  failures: 'M8 2.5 14 13H2ZM8 6.5v3M8 11.4v.1',
  queues: 'M2.5 3.5h11v3h-11zM2.5 9.5h11v3h-11z',
  schedules: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5.2V8l2 1.4',
  batches: 'M8 2.2 13.5 5 8 7.8 2.5 5ZM2.5 8 8 10.8 13.5 8M2.5 11 8 13.8 13.5 11',
  messages: 'M2.5 3.5h11v8H7l-3 2.3v-2.3H2.5z',
  audit: 'M3.5 2.5h6l3 3v8h-9zM6 8h4M6 10.5h4',
  keys: 'M5.2 8a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M7.1 8.8l6.4-6.3M10.4 5.6l2 2',
  submit: 'M8 3v10M3 8h10',
  search: 'M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M10.2 10.2l3.3 3.3',
  close: 'm4 4 8 8M12 4l-8 8',
  down: 'm4.5 6.5 3.5 3.5 3.5-3.5',
  right: 'm6.5 4.5 3.5 3.5-3.5 3.5',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.2 3.2L13 5',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6Z',
  system: 'M2.5 3h11v8h-11zM6 13.5h4',
  leave: 'M6.5 2.5h-4v11h4M6 8h7.5M10.5 5l3 3-3 3',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8Z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class="icon"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
