import { Problem } from '../parts/problem.tsx';
import type { Field } from './schema-field.ts';

export interface PayloadFieldsProps {
  readonly fields: readonly Field[];
  readonly values: Readonly<Record<string, string>>;
  /** The API's error messages, keyed by field. */
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (name: string, value: string) => void;
  readonly onFile: (file: File | undefined) => void;
}

/** A form for the payload, generated from the job type's JSON Schema. */
export function PayloadFields({ fields, values, errors, onChange, onFile }: PayloadFieldsProps) {
  return (
    <>
      {fields.map((field) => {
        const { name, description, isRequired, kind } = field;
        const error = errors.get(name);
        return (
          <div key={name} class="submit-field" data-kind={kind}>
            <label for={`payload-${name}`}>
              {name}
              {isRequired && <span class="muted"> required</span>}
            </label>
            <Input
              field={field}
              value={values[name] ?? ''}
              onChange={onChange}
              onFile={onFile}
              isInvalid={error !== undefined}
            />
            {description !== undefined && <p class="muted submit-hint">{description}</p>}
            <Problem small>{error}</Problem>
          </div>
        );
      })}
    </>
  );
}

interface InputProps extends Pick<PayloadFieldsProps, 'onChange' | 'onFile'> {
  readonly field: Field;
  readonly value: string;
  readonly isInvalid: boolean;
}

function Input({ field, value, isInvalid, onChange, onFile }: InputProps) {
  const { name, kind, isRequired, choices, min, max, step } = field;
  const common = { id: `payload-${name}`, 'aria-invalid': isInvalid };
  switch (kind) {
    case 'choice':
      return (
        <select
          {...common}
          value={value}
          onChange={(event) => {
            onChange(name, event.currentTarget.value);
          }}
        >
          {!isRequired && <option value="">–</option>}
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      );
    case 'checkbox':
      return (
        <input
          {...common}
          type="checkbox"
          checked={value === 'true'}
          onChange={(event) => {
            onChange(name, String(event.currentTarget.checked));
          }}
        />
      );
    case 'file':
      return (
        <input
          {...common}
          type="file"
          onChange={(event) => {
            onFile(event.currentTarget.files?.[0]);
          }}
        />
      );
    case 'json':
      return (
        <textarea
          {...common}
          class="mono"
          rows={4}
          spellcheck={false}
          placeholder="JSON"
          value={value}
          onInput={(event) => {
            onChange(name, event.currentTarget.value);
          }}
        />
      );
    case 'text':
    case 'number':
      return (
        <input
          {...common}
          type={kind}
          required={isRequired}
          value={value}
          {...(min !== undefined && { min })}
          {...(max !== undefined && { max })}
          {...(kind === 'number' && { step: step ?? 'any' })}
          onInput={(event) => {
            onChange(name, event.currentTarget.value);
          }}
        />
      );
  }
}
