import { useJobTypes } from '../api/job-types.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Status } from '../parts/status.tsx';
import { FilterInput } from './filter-input.tsx';
import { FILTER_KEYS, PERIODS, STATUSES, statusesOf, type Filter } from './filter.ts';
import { nameOf } from './typed-filter.ts';
import './filter-bar.css';

export interface FilterBarProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

/** The conditions shown as chips. Conditions with a menu show their values in the menu instead. */
const CHIPS = FILTER_KEYS.filter((key) => !['status', 'type', 'since'].includes(key));

export function FilterBar({ filter, onChange }: FilterBarProps) {
  const statuses = statusesOf(filter);
  const types = useJobTypes();
  const without = (key: keyof Filter): Filter =>
    Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key));
  const withValue = (key: keyof Filter, value: string): Filter =>
    filter[key] === value || value === '' ? without(key) : { ...filter, [key]: value };
  return (
    <div class="filters">
      <FilterInput
        onFilter={(added) => {
          onChange({ ...filter, ...added });
        }}
      />
      <Menu
        label={statuses.length > 0 ? `Status: ${statuses.map(labelOf).join(', ')}` : 'Status'}
        active={statuses.length > 0}
      >
        {() =>
          STATUSES.map((status) => {
            const checked = statuses.includes(status);
            const next = checked ? statuses.filter((each) => each !== status) : [...statuses, status];
            return (
              <MenuItem
                key={status}
                checked={checked}
                onClick={() => {
                  onChange(next.length > 0 ? { ...filter, status: next.join(',') } : without('status'));
                }}
              >
                <Status status={status} />
              </MenuItem>
            );
          })
        }
      </Menu>
      <Menu
        label={filter.type === undefined ? 'Type' : `Type: ${filter.type}`}
        active={filter.type !== undefined}
      >
        {(close) =>
          (types.data?.items ?? []).map(({ name }) => (
            <MenuItem
              key={name}
              checked={filter.type === name}
              onClick={() => {
                onChange(withValue('type', name));
                close();
              }}
            >
              {name}
            </MenuItem>
          ))
        }
      </Menu>
      <Menu label={PERIODS.get(filter.since ?? '')?.name ?? 'Created'} active={filter.since !== undefined}>
        {(close) =>
          [...PERIODS].map(([period, { name }]) => (
            <MenuItem
              key={period}
              checked={filter.since === period}
              onClick={() => {
                onChange(withValue('since', period));
                close();
              }}
            >
              {name}
            </MenuItem>
          ))
        }
      </Menu>
      {CHIPS.map((key) => {
        const value = filter[key];
        if (value === undefined) return null;
        return (
          <span class="chip" key={key}>
            <span class="clip">
              {nameOf(key)} <strong>{value}</strong>
            </span>
            <button
              type="button"
              aria-label={`Remove: ${nameOf(key)} ${value}`}
              onClick={() => {
                onChange(without(key));
              }}
            >
              <Icon name="close" />
            </button>
          </span>
        );
      })}
    </div>
  );
}

function labelOf(status: string): string {
  return status === 'created' ? 'waiting' : status;
}
