/** Structured logging: one message, and fields that name what it is about. Never a payload, a key or a signed URL. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A log whose every line has these fields too. */
export function withFields(log: Log, fields: Record<string, unknown>): Log {
  return {
    debug(message, more) {
      log.debug(message, { ...fields, ...more });
    },
    info(message, more) {
      log.info(message, { ...fields, ...more });
    },
    warn(message, more) {
      log.warn(message, { ...fields, ...more });
    },
    error(message, more) {
      log.error(message, { ...fields, ...more });
    },
  };
}

/**
 * A replacer for `JSON.stringify`: errors become their names and messages. The fields of an HTTP client's error may hold the request,
 * with its headers and body.
 */
export function errorsAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // `value` is what the error's own `toJSON` made of it.
  const original = this[key];
  return original instanceof Error ? String(original) : value;
}
