import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A regular expression in the source code. */
export interface FoundExpression {
  /** The file's path relative to the project's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly source: string;
  readonly flags: string;
  /** Whether the search continues after each match, as in `replaceAll`, `matchAll` and `split`. */
  readonly isRepeated: boolean;
}

/** A `new RegExp(…)` with an argument that is known only at run time. */
export interface ComputedExpression {
  readonly file: string;
  readonly line: number;
  /** The source code of the argument. */
  readonly code: string;
}

export interface Found {
  readonly expressions: readonly FoundExpression[];
  readonly computed: readonly ComputedExpression[];
}

/**
 * Finds the regular expressions in a TypeScript or JavaScript file: literals, constant arguments of `new RegExp(…)`,
 * and strings in properties named `pattern`, as in a JSON Schema.
 *
 * @param text the file's contents; by default, they are read from disk
 */
export function findExpressions(
  project: string,
  file: string,
  text = readFileSync(path.join(project, file), 'utf8'),
): Found {
  const kind = file.endsWith('x')
    ? ts.ScriptKind.TSX
    : file.endsWith('.ts')
      ? ts.ScriptKind.TS
      : ts.ScriptKind.JS;
  const root = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  const constants = constantsIn(root);
  const expressions: FoundExpression[] = [];
  const computed: ComputedExpression[] = [];
  const visit = (node: ts.Node): void => {
    const place = { file, line: root.getLineAndCharacterOfPosition(node.getStart(root)).line + 1 };
    if (ts.isRegularExpressionLiteral(node)) {
      const { source, flags } = partsOf(node);
      expressions.push({ ...place, source, flags, isRepeated: /[gy]/.test(flags) || isSplit(node) });
    } else if (isRegExpCall(node)) {
      const [argument, flagsArgument] = node.arguments ?? [];
      const source = argument && stringOf(argument, constants);
      const flags = (flagsArgument && stringOf(flagsArgument, constants)) ?? '';
      if (source !== undefined)
        expressions.push({ ...place, source, flags, isRepeated: /[gy]/.test(flags) || isSplit(node) });
      else if (argument && !isExpressionConstant(argument, constants))
        computed.push({ ...place, code: argument.getText(root) });
    } else if (
      ts.isPropertyAssignment(node) &&
      node.name.getText(root).replaceAll(/['"]/g, '') === 'pattern'
    ) {
      const source = stringOf(node.initializer, constants);
      if (source !== undefined && isExpression(source))
        expressions.push({ ...place, source, flags: 'u', isRepeated: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(root);
  return { expressions, computed };
}

/** Returns the distinct patterns in a JSON file, such as an OpenAPI document. */
export function findPatterns(project: string, file: string): FoundExpression[] {
  const lines = readFileSync(path.join(project, file), 'utf8').split('\n');
  const found = new Map<string, FoundExpression>();
  for (const [index, line] of lines.entries()) {
    const [, quoted] = /^\s*"pattern": ("(?:[^"\\]|\\.)*"),?$/.exec(line) ?? [];
    if (quoted === undefined) continue;
    const source = JSON.parse(quoted) as string;
    if (!found.has(source))
      found.set(source, { file, line: index + 1, source, flags: 'u', isRepeated: false });
  }
  return [...found.values()];
}

function partsOf(node: ts.RegularExpressionLiteral): { source: string; flags: string } {
  const end = node.text.lastIndexOf('/');
  return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
}

function isRegExpCall(node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  return (
    (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'RegExp'
  );
}

/** Whether the expression is an argument of `split`, which searches the whole string even without the `g` flag. */
function isSplit({ parent }: ts.Node): boolean {
  return (
    ts.isCallExpression(parent) &&
    ts.isPropertyAccessExpression(parent.expression) &&
    parent.expression.name.text === 'split'
  );
}

function isExpression(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Returns the initializers of the file's variable declarations. */
function constantsIn(root: ts.SourceFile): ReadonlyMap<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      constants.set(node.name.text, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return constants;
}

function isExpressionConstant(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>): boolean {
  const value = ts.isIdentifier(node) ? constants.get(node.text) : undefined;
  return value !== undefined && ts.isRegularExpressionLiteral(value);
}

/** Evaluates a string expression; returns undefined if its value is known only at run time. */
function stringOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'String.raw')
    return templateOf(node.template, constants, (part) => part.rawText ?? part.text);
  if (ts.isTemplateExpression(node)) return templateOf(node, constants, (part) => part.text);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [stringOf(node.left, constants), stringOf(node.right, constants)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'source') {
    const target = ts.isIdentifier(node.expression) ? constants.get(node.expression.text) : node.expression;
    return target && ts.isRegularExpressionLiteral(target) ? partsOf(target).source : undefined;
  }
  if (isJoin(node))
    return listOf(node.expression.expression, constants)?.join(
      stringOf(node.arguments[0] ?? node, constants) ?? ',',
    );
  const value = ts.isIdentifier(node) ? constants.get(node.text) : undefined;
  return value && !ts.isRegularExpressionLiteral(value) ? stringOf(value, constants) : undefined;
}

function isJoin(
  node: ts.Expression,
): node is ts.CallExpression & { readonly expression: ts.PropertyAccessExpression } {
  return (
    ts.isCallExpression(node) &&
    node.arguments.length === 1 &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'join'
  );
}

/** Evaluates an array literal of strings; returns undefined if any element is known only at run time. */
function listOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>): string[] | undefined {
  if (!ts.isArrayLiteralExpression(node)) return undefined;
  const parts = node.elements.map((element) => {
    if (ts.isSpreadElement(element)) return listOf(element.expression, constants);
    const text = stringOf(element, constants);
    return text === undefined ? undefined : [text];
  });
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function templateOf(
  template: ts.TemplateLiteral,
  constants: ReadonlyMap<string, ts.Expression>,
  read: (part: ts.TemplateLiteralLikeNode) => string,
): string | undefined {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return read(template);
  let text = read(template.head);
  for (const { expression, literal } of template.templateSpans) {
    const value = stringOf(expression, constants);
    if (value === undefined) return undefined;
    text += value + read(literal);
  }
  return text;
}
