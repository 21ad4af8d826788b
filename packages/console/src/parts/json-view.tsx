import { CopyButton } from './copy-button.tsx';
import './json-view.css';

/** Shows JSON, indented, with different colors for keys and strings. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <div class="json">
      <CopyButton text={text} label={`Copy: ${label}`} />
      <pre class="mono" tabIndex={0} aria-label={label}>
        {tokensOf(text).map(({ kind, text: token }, index) =>
          kind === undefined ? (
            token
          ) : (
            <span key={index} class={`json-${kind}`}>
              {token}
            </span>
          ),
        )}
      </pre>
    </div>
  );
}

interface Token {
  readonly kind: 'key' | 'string' | 'other' | undefined;
  readonly text: string;
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*/g;

/** The maximum length of colored text, in characters. Longer text would need too many elements, because each token becomes an element. */
const MAX_COLORED = 60_000;

function tokensOf(text: string): Token[] {
  if (text.length > MAX_COLORED) return [{ kind: undefined, text }];
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) tokens.push({ kind: undefined, text: text.slice(end, match.index) });
    const kind = match[1] === undefined ? 'other' : match[2] === undefined ? 'string' : 'key';
    tokens.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  tokens.push({ kind: undefined, text: text.slice(end) });
  return tokens;
}
