import { EntityDecoder } from '@nodable/entities';
import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { malformedXml } from './s3-error.ts';

/** An XML element: its text and child elements. S3 ignores attributes and namespaces. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** A node in the parser's format: its text, or its child nodes keyed by name. */
type ParsedNode = Readonly<Record<string, string | readonly ParsedNode[]>>;

const TEXT = '#text';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // An object's key can be any string. Spaces must be kept, and "007" must not be parsed as a number.
  trimValues: false,
  parseTagValue: false,
  // The default decoder does not decode character references such as &#13;. XML that declares entities is refused.
  entityDecoder: new EntityDecoder({ onInputEntity: () => 'throw' }),
});

/**
 * Parses XML.
 * @throws S3Error MalformedXML
 */
export function readXml(document: string): XmlElement {
  const [root] = elementsIn(parse(document));
  if (!root) throw malformedXml();
  return root;
}

/** Returns the child elements with the given name. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** Returns the text of the first child element with the given name, or undefined if there is no such element. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  return childrenOf(parent, name)[0]?.text;
}

function parse(document: string): readonly ParsedNode[] {
  try {
    SyntaxValidator.validate(document, { multipleRoots: false });
    return parser.parse(document) as readonly ParsedNode[];
  } catch {
    throw malformedXml();
  }
}

function elementsIn(nodes: readonly ParsedNode[]): XmlElement[] {
  return nodes
    .flatMap((node) => Object.entries(node))
    .flatMap(([name, inside]) => {
      if (typeof inside === 'string') return [];
      const text = inside.flatMap(({ [TEXT]: part }) => (typeof part === 'string' ? [part] : [])).join('');
      return [{ name, text, children: elementsIn(inside) }];
    });
}
