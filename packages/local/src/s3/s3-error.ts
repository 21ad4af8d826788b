/** An S3 error. SDKs turn the error into an exception named after `code`. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  /** The HTTP status code. */
  readonly status: number;
  readonly code: string;
  /** Additional elements of the error's XML, such as `MaxSizeAllowed`. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** Creates the error for a feature that the embedded S3 lacks. The error names the feature. A missing feature is never silently ignored. */
export function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', `The embedded S3 does not implement ${what}.`);
}

export function invalidArgument(message: string, name: string, value: string | number = ''): S3Error {
  return new S3Error(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });
}

export function noSuchBucket(bucket: string): S3Error {
  return new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket });
}

export function malformedXml(): S3Error {
  return new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema.',
  );
}
