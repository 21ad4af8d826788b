import { useQueryClient } from '@tanstack/preact-query';
import type { Job } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { useJobTypes } from '../api/job-types.ts';
import { errand } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { PayloadFields } from '../submit/payload-fields.tsx';
import { fieldsOf, initialValues, payloadOf, type Field } from '../submit/schema-field.ts';
import type { Step } from './step-rows.ts';
import '../submit/submit.css';

export interface SignalDialogProps {
  readonly job: Job;
  readonly name: string;
  /** The job's approval links for this signal. */
  readonly links: readonly Step[];
  readonly onClose: () => void;
}

/** Sends a signal to a waiting job: an approval with a button, any other signal with a form for its payload. */
export function SignalDialog({ job, name, links, onClose }: SignalDialogProps) {
  const types = useJobTypes();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const queries = useQueryClient();
  const schema = types.data?.items.find((type) => type.name === job.type)?.signals?.[name];
  const fields = schema && fieldsOf(schema);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [json, setJson] = useState('{}');
  const send = async (payload: () => unknown): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await errand.signal(job.job_id, name, payload());
      await queries.invalidateQueries({ queryKey: ['job', job.job_id] });
      void queries.invalidateQueries({ queryKey: ['steps', job.job_id] });
      onClose();
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  const answer = (approved: boolean) => () => void send(() => ({ approved }));
  const [link] = links;
  const isApproval = link !== undefined && !schema;
  return (
    <Dialog
      title={isApproval ? `Answer ${name}` : `Send the signal ${name}`}
      onClose={onClose}
      actions={
        isApproval ? (
          <>
            <Button disabled={isBusy} onClick={answer(false)}>
              Reject
            </Button>
            <Button kind="primary" disabled={isBusy} onClick={answer(true)}>
              Approve
            </Button>
          </>
        ) : (
          <Button
            kind="primary"
            disabled={isBusy || types.isPending}
            onClick={() =>
              void send(() =>
                fields
                  ? payloadOf(fields, { ...initialValues(fields), ...values })
                  : (JSON.parse(json) as unknown),
              )
            }
          >
            {isBusy ? 'Sending…' : `Send ${name}`}
          </Button>
        )
      }
    >
      <p class="muted">
        {isApproval
          ? `The ${job.type} job has made a link that asks for this answer. You can answer here instead. The audit shows who did.`
          : `The ${job.type} job continues with this payload. The audit shows who sent it.`}
      </p>
      {!isApproval && fields && (
        <SignalForm
          fields={fields}
          values={{ ...initialValues(fields), ...values }}
          onChange={(field, value) => {
            setValues({ ...values, [field]: value });
          }}
        />
      )}
      {!isApproval && !fields && (
        <label class="submit-field">
          <span>Payload as JSON</span>
          <textarea
            class="mono"
            rows={6}
            spellcheck={false}
            value={json}
            onInput={(event) => {
              setJson(event.currentTarget.value);
            }}
          />
        </label>
      )}
      <Problem>{error}</Problem>
    </Dialog>
  );
}

interface SignalFormProps {
  readonly fields: readonly Field[];
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (name: string, value: string) => void;
}

function SignalForm({ fields, values, onChange }: SignalFormProps) {
  return (
    <PayloadFields
      fields={fields}
      values={values}
      errors={new Map()}
      onChange={onChange}
      onFile={() => undefined}
    />
  );
}
