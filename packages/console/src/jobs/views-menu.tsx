import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { isEmpty, type Filter } from './filter.ts';
import { removeView, saveView, useSavedViews } from './saved-views.ts';

export interface ViewsMenuProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

/** A menu for opening, saving and removing the user's saved filters. */
export function ViewsMenu({ filter, onChange }: ViewsMenuProps) {
  const views = useSavedViews();
  const [isSaving, setSaving] = useState(false);
  const current = views.find((view) => isSame(view.filter, filter));
  if (views.length === 0 && isEmpty(filter)) return null;
  return (
    <>
      <Menu label={current ? `View: ${current.name}` : 'Views'} active={current !== undefined} align="end">
        {(close) => (
          <>
            {views.map((view) => (
              <MenuItem
                key={view.name}
                checked={view === current}
                onClick={() => {
                  close();
                  onChange(view.filter);
                }}
              >
                {view.name}
              </MenuItem>
            ))}
            {!current && !isEmpty(filter) && (
              <MenuItem
                onClick={() => {
                  close();
                  setSaving(true);
                }}
              >
                Save this filter…
              </MenuItem>
            )}
            {current && (
              <MenuItem
                danger
                onClick={() => {
                  close();
                  removeView(current.name);
                }}
              >
                Remove {current.name}
              </MenuItem>
            )}
          </>
        )}
      </Menu>
      {isSaving && (
        <SaveDialog
          filter={filter}
          onClose={() => {
            setSaving(false);
          }}
        />
      )}
    </>
  );
}

function SaveDialog({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const [name, setName] = useState('');
  return (
    <Dialog
      title="Save this filter"
      onClose={onClose}
      actions={
        <Button kind="primary" type="submit" form="save-view" disabled={name.trim() === ''}>
          Save
        </Button>
      }
    >
      <form
        id="save-view"
        onSubmit={(event) => {
          event.preventDefault();
          saveView({ name: name.trim(), filter });
          onClose();
        }}
      >
        <label class="field">
          <span>Name</span>
          <input
            required
            maxLength={60}
            value={name}
            onInput={(event) => {
              setName(event.currentTarget.value);
            }}
          />
        </label>
      </form>
      <p class="muted">This browser keeps it. To share a filter, send the address of the page.</p>
    </Dialog>
  );
}

function isSame(one: Filter, other: Filter): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Filter>;
  return [...keys].every((key) => one[key] === other[key]);
}
