/** Errand's logo: a list with an unfinished job. */
export function Logo() {
  return (
    <svg class="logo" width="24" height="24" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="4" fill="var(--accent-fill)" />
      <path
        d="M4 4.5h8M4 8h5.5M4 11.5h8"
        fill="none"
        stroke="var(--on-accent)"
        stroke-width="1.75"
        stroke-linecap="round"
      />
    </svg>
  );
}
