import type { ComponentChildren } from 'preact';
import './tabs.css';

export interface Tab {
  readonly id: string;
  readonly name: ComponentChildren;
}

export interface TabsProps {
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly label: string;
  readonly onChange: (id: string) => void;
  readonly children: ComponentChildren;
}

/** Tabs. The arrow keys move between the tabs, following the ARIA tabs pattern. */
export function Tabs({ tabs, current, label, onChange, children }: TabsProps) {
  const at = tabs.findIndex(({ id }) => id === current);
  return (
    <div class="tabs">
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step === undefined) return;
          const next = tabs[(at + step + tabs.length) % tabs.length];
          if (!next) return;
          onChange(next.id);
          event.currentTarget.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
        }}
      >
        {tabs.map(({ id, name }) => (
          <button
            key={id}
            id={`tab-${id}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={id === current}
            aria-controls="tab-panel"
            tabIndex={id === current ? 0 : -1}
            onClick={() => {
              onChange(id);
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current}`}>
        {children}
      </div>
    </div>
  );
}
