import { describe, expect, it } from '@jest/globals';
import { childrenOf, readXml, textOf } from '../../../src/s3/xml.ts';
import { writeXml } from '../../../src/write-xml.ts';

describe('parsed XML', () => {
  const keysOf = (document: string) =>
    childrenOf(readXml(document), 'Object').map((object) => textOf(object, 'Key'));
  const keyIn = (text: string) => keysOf(`<Delete><Object><Key>${text}</Key></Object></Delete>`)[0];

  it.each([
    ['entities', 'a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;', `a & b <c> "d" 'e'`],
    ['an escaped ampersand once only', '&amp;lt;', '&lt;'],
    ['character references', '&#13;&#x20AC;&#128512;', '\r€😀'],
    ['surrounding white space', '  a b \t', '  a b \t'],
    ['only white space', ' ', ' '],
    ['what looks like a number', '007.10', '007.10'],
    ['what looks like a boolean', 'true', 'true'],
    ['a name that objects have', '__proto__', '__proto__'],
    ['nothing', '', ''],
  ])('keeps a string with %s', (_what, written, read) => {
    expect(keyIn(written)).toBe(read);
  });

  it('has its elements in order, and ignores declarations, comments, attributes and spaces', () => {
    const document = `<?xml version="1.0" encoding="UTF-8"?>
      <!-- three keys -->
      <Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Object id="1"><Key>b</Key></Object>
        <Quiet>true</Quiet>
        <Object><Key>a</Key></Object>
        <Object><Key/></Object>
        <Object/>
      </Delete>
    `;
    expect(keysOf(document)).toEqual(['b', 'a', '', undefined]);
    expect(textOf(readXml(document), 'Quiet')).toBe('true');
  });

  it('can have a thousand keys of 300 escaped characters each', () => {
    const key = '&amp;'.repeat(300);
    const document = `<Delete>${`<Object><Key>${key}</Key></Object>`.repeat(1000)}</Delete>`;
    expect(keysOf(document)).toEqual(Array.from({ length: 1000 }, () => '&'.repeat(300)));
  });

  it.each([
    ['is empty', ''],
    ['is plain text', 'Delete'],
    ['ends within an element', '<Delete><Object>'],
    ['ends within a tag', '<Delete><Object'],
    ['closes an element that is not open', '<Delete></Object></Delete>'],
    ['closes more than it opened', '<Delete></Delete></Delete>'],
    ['has two roots', '<Delete></Delete><Delete></Delete>'],
    [
      'declares entities',
      '<!DOCTYPE Delete [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>',
    ],
  ])('is refused if it %s', (_what, document) => {
    expect(() => readXml(document)).toThrow(expect.objectContaining({ status: 400, code: 'MalformedXML' }));
  });
});

describe('serialized XML', () => {
  it('has an element for each field and each list item, in order', () => {
    const content = {
      Name: 'a',
      Count: 2,
      Full: false,
      Item: [{ Key: 'b' }, { Key: '' }],
      None: [],
      Last: 'z',
    };
    expect(writeXml('Result', content)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<Result><Name>a</Name><Count>2</Count><Full>false</Full><Item><Key>b</Key></Item><Item><Key></Key></Item>' +
        '<Last>z</Last></Result>',
    );
  });

  it('can be empty', () => {
    expect(writeXml('Result', {})).toMatch(/<Result><\/Result>$/);
  });

  it.each([`a & b <c> "d" 'e'`, '&amp;', ' \r\n\t ', '€😀', ']]>', '__proto__', '1e3'])(
    'can be parsed again: %j',
    (text) => {
      expect(textOf(readXml(writeXml('Result', { Key: text })), 'Key')).toBe(text);
    },
  );
});
