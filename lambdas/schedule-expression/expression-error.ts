/** An expression that can't be used; the message says which part of it, and what is taken there. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}
