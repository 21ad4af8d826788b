import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { useJobTypes } from '../api/job-types.ts';
import { Button } from '../parts/button.tsx';
import { Notice } from '../parts/notice.tsx';
import { Page } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { PayloadFields } from './payload-fields.tsx';
import { fieldsOf, initialValues, payloadOf, type JsonSchema } from './schema-field.ts';
import { refusalOf, submitJob, type Refusal } from './submit-job.ts';
import './submit.css';

export function SubmitPage() {
  const { type: chosen } = useSearch({ from: '/submit' });
  const navigate = useNavigate();
  const types = useJobTypes();
  const items = types.data?.items ?? [];
  const type = items.find(({ name }) => name === chosen) ?? items[0];
  if (types.error) {
    return (
      <Page title="Submit a job">
        <Notice title="The job types can’t be shown">
          <p>{errorText(types.error)}</p>
        </Notice>
      </Page>
    );
  }
  return (
    <Page title="Submit a job">
      <div class="submit">
        <div class="submit-field">
          <label for="type">Type</label>
          <select
            id="type"
            value={type?.name}
            onChange={(event) => {
              void navigate({ to: '/submit', search: { type: event.currentTarget.value }, replace: true });
            }}
          >
            {items.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
        {type && <SubmitForm key={type.name} type={type.name} schema={type.payload} />}
      </div>
    </Page>
  );
}

const NO_REFUSAL: Refusal = { general: undefined, byField: new Map() };

function SubmitForm({ type, schema }: { type: string; schema: JsonSchema }) {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [values, setValues] = useState(() => initialValues(fields ?? []));
  const [json, setJson] = useState<string | undefined>(fields ? undefined : '{}');
  const [options, setOptions] = useState({ objectId: '', tags: '', delaySeconds: '', priority: '' });
  const [file, setFile] = useState<File>();
  const [refusal, setRefusal] = useState(NO_REFUSAL);
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    setRefusal(NO_REFUSAL);
  }, [values, json]);

  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      const payload = json === undefined ? payloadOf(fields ?? [], values) : (JSON.parse(json) as unknown);
      const { job_id: jobId } = await submitJob({ type, payload, file, ...options });
      await navigate({ to: '/jobs/$jobId', params: { jobId }, search: {} });
    } catch (error) {
      setRefusal(refusalOf(error));
      setBusy(false);
    }
  };
  const toggleJson = (): void => {
    try {
      setJson(json === undefined ? JSON.stringify(payloadOf(fields ?? [], values), null, 2) : undefined);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
  };
  return (
    <form
      class="submit-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class="submit-head">
        <h2>Payload</h2>
        {fields && (
          <button type="button" class="link-button" onClick={toggleJson}>
            {json === undefined ? 'Edit as JSON' : 'Edit as a form'}
          </button>
        )}
      </div>
      {json === undefined ? (
        <PayloadFields
          fields={fields ?? []}
          values={values}
          errors={refusal.byField}
          onChange={(name, value) => {
            setValues({ ...values, [name]: value });
          }}
          onFile={setFile}
        />
      ) : (
        <div class="submit-field">
          <label for="payload-json" class="visually-hidden">
            Payload as JSON
          </label>
          <textarea
            id="payload-json"
            class="mono"
            rows={12}
            spellcheck={false}
            value={json}
            onInput={(event) => {
              setJson(event.currentTarget.value);
            }}
          />
          {[...refusal.byField].map(([name, message]) => (
            <Problem key={name} small>
              {name}: {message}
            </Problem>
          ))}
        </div>
      )}
      <Options options={options} onChange={setOptions} />
      <Problem>{refusal.general}</Problem>
      <div>
        <Button kind="primary" type="submit" disabled={isBusy}>
          {isBusy ? 'Submitting…' : `Submit ${type}`}
        </Button>
      </div>
    </form>
  );
}

interface OptionValues {
  readonly objectId: string;
  readonly tags: string;
  readonly delaySeconds: string;
  readonly priority: string;
}

const OPTIONS: readonly { name: keyof OptionValues; label: string; hint: string; type: string }[] = [
  {
    name: 'objectId',
    label: 'Object id',
    hint: 'Another submission with this ID soon afterwards gets the same job.',
    type: 'text',
  },
  { name: 'tags', label: 'Tags', hint: 'Words for finding the job, separated by spaces.', type: 'text' },
  {
    name: 'delaySeconds',
    label: 'Delay',
    hint: 'The earliest start, in seconds from now.',
    type: 'number',
  },
  { name: 'priority', label: 'Priority', hint: '0 is most urgent, 9 least urgent.', type: 'number' },
];

function Options({
  options,
  onChange,
}: {
  options: OptionValues;
  onChange: (options: OptionValues) => void;
}) {
  return (
    <details class="submit-options">
      <summary>Options</summary>
      {OPTIONS.map(({ name, label, hint, type }) => (
        <div class="submit-field" key={name}>
          <label for={`option-${name}`}>{label}</label>
          <input
            id={`option-${name}`}
            type={type}
            min={0}
            value={options[name]}
            onInput={(event) => {
              onChange({ ...options, [name]: event.currentTarget.value });
            }}
          />
          <p class="muted submit-hint">{hint}</p>
        </div>
      ))}
    </details>
  );
}
