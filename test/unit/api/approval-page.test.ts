import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { questionPage, textPage } from '../../../lambdas/api/approvals/approval-page.ts';

const END = new Date('2030-01-31T12:00:00Z');

const QUESTION = `Pay <b>€42</b> to "A&B"?\n<script>alert('x')</script>`;

describe('the page behind an approval link', () => {
  it('shows the question as text, with any characters', () => {
    const { body = '', statusCode } = questionPage(QUESTION, END);
    expect(statusCode).toBe(200);
    expect(body).toContain(
      '<h1>Pay &lt;b&gt;€42&lt;/b&gt; to &quot;A&amp;B&quot;?</h1>\n<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>\n<form',
    );
    expect(body).not.toMatch(/<script| on\w+=|<b>/);
  });

  it('can omit the details', () => {
    expect(questionPage('Go on?', END).body).toContain('<main>\n<h1>Go on?</h1>\n<form');
  });

  it('has a button for each answer, which sends the answer in the URL', () => {
    const { body = '' } = questionPage(QUESTION, END);
    const buttons = [...body.matchAll(/<button [^>]*formaction="([^"]+)"[^>]*>([^<]+)<\/button>/g)];
    expect(buttons.map(([, address, label]) => [address, label])).toEqual([
      ['?answer=approve', 'Approve'],
      ['?answer=reject', 'Reject'],
    ]);
    expect(body).toContain('<form method="post">');
  });

  it('allows only its own style sheet and its form', () => {
    const { headers = {}, body = '' } = questionPage(QUESTION, END);
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    );
    expect(headers).toMatchObject({ 'referrer-policy': 'same-origin', 'x-robots-tag': 'noindex, nofollow' });
  });

  it('shows when the link expires, in a form for people and one for programs', () => {
    expect(questionPage(QUESTION, END).body).toContain(
      '<time datetime="2030-01-31T12:00:00.000Z">Thu, 31 Jan 2030 12:00:00 GMT</time>',
    );
  });

  it('escapes the title and the text of any other page', () => {
    expect(textPage(410, 'A & B', '<i>').body).toContain('<h1>A &amp; B</h1>\n<p>&lt;i&gt;</p>');
  });
});
