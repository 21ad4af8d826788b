/** A value in a Data API request or response, as JSON. Blobs are base64. */
export interface Field {
  isNull?: boolean;
  booleanValue?: boolean;
  longValue?: number;
  doubleValue?: number | 'NaN' | 'Infinity' | '-Infinity';
  stringValue?: string;
  blobValue?: string;
  arrayValue?: ArrayValue;
}

export interface ArrayValue {
  booleanValues?: (boolean | null)[];
  longValues?: (number | null)[];
  doubleValues?: (Field['doubleValue'] | null)[];
  stringValues?: (string | null)[];
}

export interface SqlParameter {
  name?: string;
  value?: Field;
  typeHint?: string;
}

export interface ResultSetOptions {
  decimalReturnType?: 'STRING' | 'DOUBLE_OR_LONG';
  longReturnType?: 'LONG' | 'STRING';
}

/** The members that every request has: the cluster and the secret. */
export interface Target {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database?: string;
}

export interface StatementRequest extends Target {
  readonly sql: string;
  readonly transactionId?: string;
}

export interface ExecuteStatementRequest extends StatementRequest {
  readonly parameters?: readonly SqlParameter[];
  readonly includeResultMetadata?: boolean;
  readonly continueAfterTimeout?: boolean;
  readonly resultSetOptions?: ResultSetOptions;
  readonly formatRecordsAs?: 'NONE' | 'JSON';
}

export interface BatchExecuteStatementRequest extends StatementRequest {
  readonly parameterSets?: readonly (readonly SqlParameter[])[];
}

export interface EndTransactionRequest extends Target {
  readonly transactionId: string;
}
