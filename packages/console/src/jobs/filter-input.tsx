import { useNavigate } from '@tanstack/react-router';
import { useId, useRef, useState } from 'preact/hooks';
import { useShortcuts } from '../app/shortcuts.ts';
import { Icon } from '../parts/icon.tsx';
import type { Filter } from './filter.ts';
import { suggestionsFor, type Suggestion } from './typed-filter.ts';

/**
 * An input for filters such as `tag:customer-42`. The input suggests filters for text in any other format, and opens the job if the text is a job ID.
 */
export function FilterInput({ onFilter }: { onFilter: (added: Filter) => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const listId = useId();
  const suggestions = suggestionsFor(text);
  useShortcuts({ '/': () => input.current?.focus() });

  const choose = (suggestion: Suggestion | undefined): void => {
    if (!suggestion) return;
    setText('');
    setAt(0);
    if (suggestion.jobId !== undefined)
      void navigate({ to: '/jobs/$jobId', params: { jobId: suggestion.jobId }, search: {} });
    if (suggestion.filter) onFilter(suggestion.filter);
  };
  const isOpen = suggestions.length > 0;
  return (
    <div class="filter-input">
      <Icon name="search" />
      <input
        ref={input}
        role="combobox"
        aria-label="Filter the jobs"
        aria-expanded={isOpen}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isOpen ? `${listId}-${at}` : undefined}
        placeholder="tag:customer-42, or an id"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') choose(suggestions[at]);
          else if (event.key === 'ArrowDown') setAt(Math.min(at + 1, suggestions.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
          else if (event.key === 'Escape') {
            setText('');
            input.current?.blur();
          } else return;
          event.preventDefault();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      {isOpen && (
        <div role="listbox" id={listId} aria-label="What the text may mean" class="menu-list menu-start">
          {suggestions.map((suggestion, index) => (
            <div
              key={suggestion.words}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === at}
              class="menu-item"
              data-at={index === at}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(suggestion);
              }}
            >
              <span class="clip">{suggestion.words}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
