import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

// The pages behind approval links: plain HTML with one style sheet and no JavaScript.

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --muted: #57606a; --page: #fff; --line: #d0d7de; --approve: #1a7f37; --reject: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --muted: #9da7b1; --page: #0d1117; --line: #3d444d; --approve: #2ea043; --reject: #f85149; }
}
body { margin: 0; padding: 1.5rem 1rem; background: var(--page); color: var(--text); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 8vh auto 0; }
h1 { margin: 0 0 1rem; font-size: 1.25rem; line-height: 1.35; overflow-wrap: anywhere; }
p { margin: 0 0 1.5rem; overflow-wrap: anywhere; white-space: pre-line; }
.note { color: var(--muted); }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; }
button { flex: 1 1 8rem; min-height: 3rem; padding: 0 1.25rem; border: 2px solid; border-radius: .5rem; background: transparent; font: inherit; font-weight: 600; cursor: pointer; }
button[value="approve"] { border-color: var(--approve); color: var(--approve); }
button[value="reject"] { border-color: var(--reject); color: var(--reject); }
button:hover { background: var(--line); }
button:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
`;

/**
 * The page loads nothing and does not send its URL to any other site, because the URL is the credential. The referrer policy
 * is not `no-referrer`, because a browser would then post the form with the origin `null`, which the local service rejects.
 */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'same-origin',
  'x-robots-tag': 'noindex, nofollow',
};

/**
 * Creates the page with the question and its two buttons. The question's first line becomes the heading. Each button's
 * URL contains the button's answer, so that the server doesn't have to parse a form body.
 */
export function questionPage(question: string, expiresAt: Date): APIGatewayProxyStructuredResultV2 {
  const iso = expiresAt.toISOString();
  const text = question.trim();
  const [heading = ''] = text.split(/[\n\r]/, 1);
  const details = text.slice(heading.length);
  return htmlPage(
    200,
    'Approval',
    `<h1>${escaped(heading)}</h1>${details && `\n<p>${escaped(details.trim())}</p>`}
<form method="post">
<button name="answer" value="approve" formaction="?answer=approve">Approve</button>
<button name="answer" value="reject" formaction="?answer=reject">Reject</button>
</form>
<p class="note">This link works once, until <time datetime="${iso}">${expiresAt.toUTCString()}</time>.</p>`,
  );
}

/** Creates a page with a single message. */
export function textPage(status: number, title: string, text: string): APIGatewayProxyStructuredResultV2 {
  return htmlPage(status, title, `<h1>${escaped(title)}</h1>\n<p>${escaped(text)}</p>`);
}

function htmlPage(status: number, title: string, content: string): APIGatewayProxyStructuredResultV2 {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
  return { statusCode: status, headers: HEADERS, body };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
