import { S3Error } from './s3-error.ts';

/** An element of a document: its text, and the elements inside it. Attributes and namespaces mean nothing to S3. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** A document to write: an element's text, its elements in order, or several elements of one name. */
export type XmlContent = string | number | boolean | XmlContent[] | { [name: string]: XmlContent };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const TOKEN = /<\?[^]*?\?>|<!--[^]*?-->|<(\/?)([\w:.-]+)[^<>]*?(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Writes a document of one root element. */
export function writeXml(name: string, content: XmlContent): string {
  return DECLARATION + element(name, content);
}

/**
 * Reads a document.
 * @throws S3Error MalformedXML
 */
export function readXml(document: string): XmlElement {
  const root: MutableElement = { name: '', text: '', children: [] };
  const open: MutableElement[] = [root];
  for (let at = 0; at < document.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(document);
    const innermost = open.at(-1);
    if (!token || !innermost) throw malformed();
    const [, closing, name, selfClosing, text] = token;
    if (text !== undefined) innermost.text += unescape(text);
    if (name === undefined) continue;
    if (closing) {
      if (open.length === 1 || innermost.name !== name) throw malformed();
      open.pop();
    } else {
      const child: MutableElement = { name, text: '', children: [] };
      innermost.children.push(child);
      if (!selfClosing) open.push(child);
    }
  }
  const [document_, ...others] = root.children;
  if (!document_ || others.length > 0 || open.length > 1) throw malformed();
  return document_;
}

/** The elements of a name directly inside another. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The text of an element directly inside another; undefined if there is none. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  return childrenOf(parent, name)[0]?.text;
}

interface MutableElement {
  name: string;
  text: string;
  children: MutableElement[];
}

function element(name: string, content: XmlContent): string {
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join('');
  const inside =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escape(String(content));
  return `<${name}>${inside}</${name}>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[String(name)] ?? entity;
  });
}

function malformed(): S3Error {
  return new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema.',
  );
}
