import XMLBuilder from 'fast-xml-builder';

/** XML to write: an element's text, its child elements in order, or several elements with the same name. */
export type XmlContent = string | number | boolean | readonly XmlContent[] | { [name: string]: XmlContent };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const builder = new XMLBuilder({
  processEntities: false,
  tagValueProcessor: (_name, value) => escape(String(value)),
});

/** Serializes an XML document with one root element. */
export function writeXml(name: string, content: XmlContent): string {
  return DECLARATION + builder.build({ [name]: content });
}

/** Matches characters that XML 1.0 does not allow, not even when escaped: https://www.w3.org/TR/xml/#charsets */

const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Replaces characters that XML does not allow with U+FFFD, so that an error message can quote any request. */
export function quotable(text: string): string {
  return text.replaceAll(NOT_XML, '\uFFFD');
}

/**
 * Escapes text in the same way as S3. Leaves apostrophes unchanged, but escapes carriage returns, which a parser would turn into line feeds.
 */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
