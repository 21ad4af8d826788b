import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, type ButtonProps } from './button.tsx';
import { Icon } from './icon.tsx';
import './menu.css';

export interface MenuProps {
  readonly label: ComponentChildren;
  readonly children: (close: () => void) => ComponentChildren;
  readonly kind?: ButtonProps['kind'];
  readonly align?: 'start' | 'end';
  readonly active?: boolean;
}

/** A button that opens a list of choices. The arrow keys move through the list. */
export function Menu({ label, children, kind = 'plain', align = 'start', active = false }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const close = (): void => {
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!open) return undefined;
    box.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
    const outside = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
    };
  }, [open]);
  return (
    <div
      ref={box}
      class="menu"
      onKeyDown={(event) => {
        if (!open) return;
        if (event.key === 'Escape') {
          event.stopPropagation();
          close();
        }
        if (event.key === 'Tab') setOpen(false);
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
          event.preventDefault();
          moveFocus(box.current, event.key === 'ArrowDown' ? 1 : -1);
        }
      }}
    >
      <Button
        kind={kind}
        aria-haspopup="menu"
        aria-expanded={open}
        data-active={active}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {label}
        <Icon name="down" />
      </Button>
      {open && (
        <div role="menu" class={`menu-list menu-${align}`}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

function moveFocus(box: HTMLElement | null, step: 1 | -1): void {
  const items = [...(box?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items.at((at + step) % items.length)?.focus();
}

export interface MenuItemProps {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  /** Whether the entry is checked; undefined for an entry that can't be checked. */
  readonly checked?: boolean;
  readonly danger?: boolean;
}

export function MenuItem({ onClick, children, checked, danger = false }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
      aria-checked={checked}
      tabIndex={-1}
      class={danger ? 'menu-item menu-item-danger' : 'menu-item'}
      onClick={onClick}
    >
      {checked !== undefined && <span class="menu-check">{checked && <Icon name="check" />}</span>}
      {children}
    </button>
  );
}
