import { RegExpParser, visitRegExpAST, type AST } from '@eslint-community/regexpp';

/** An input: `prefix`, then as many copies of `pump` as fit into the size, then `suffix`. */
export interface Attack {
  readonly prefix: string;
  readonly pump: string;
  readonly suffix: string;
}

/**
 * Candidate characters for matching an expression's elements. For a character class, the first three matching candidates are used.
 */
const CHARACTERS = [
  ...Array.from('aA0 \t\n.-_/\\"\'`:;,=<>()[]{}+*?!@#$%^&|~éß\u0000\u00a0\u2028xyz19'),
  String.fromCodePoint(0x1f600),
];
const MAX_CHOICES = 3;

/** Input endings. The second ending makes most matches fail. */
const SUFFIXES = ['', '\u0001\n!'];

/** The maximum number of pumps (repeated strings) derived from one expression. */
const MAX_PUMPS = 24;

/**
 * Derives inputs from an expression's syntax tree. The inputs should cause as much backtracking as possible. Each input repeats a string that matches
 * a quantified element, two adjacent elements, or the whole expression. The prefix leads the matcher to the repeated part, and the suffix makes the
 * match fail.
 *
 * @throws SyntaxError if the expression is invalid
 */
export function attacksOn(source: string, flags: string): Attack[] {
  const pattern = new RegExpParser().parsePattern(source, 0, source.length, {
    unicode: flags.includes('u'),
    unicodeSets: flags.includes('v'),
  });
  const sample = sampler(flags);
  const pumps = new Map<string, string>();
  const add = (prefix: string, pump: string): void => {
    if (pump !== '' && !pumps.has(pump) && pumps.size < MAX_PUMPS) pumps.set(pump, prefix);
  };
  visitRegExpAST(pattern, {
    onQuantifierEnter(node) {
      if (node.max < 2) return;
      for (let choice = 0; choice < MAX_CHOICES; choice += 1)
        add(before(node, sample), sample(node.element, choice));
    },
  });
  visitRegExpAST(pattern, {
    onAlternativeEnter({ elements }) {
      for (const [index, element] of elements.entries()) {
        const next = elements[index + 1];
        for (let choice = 0; choice < MAX_CHOICES; choice += 1) {
          add('', sample(element, choice));
          if (next) add('', sample(element, choice) + sample(next, choice));
        }
      }
      // These inputs repeat everything except the last elements, so that an unanchored match starts at many positions.
      for (let end = 2; end <= elements.length; end += 1)
        add(
          '',
          elements
            .slice(0, end)
            .map((element) => sample(element, 0))
            .join(''),
        );
    },
  });
  return [...pumps].flatMap(([pump, prefix]) =>
    [...new Set(['', prefix])].flatMap((lead) => SUFFIXES.map((suffix) => ({ prefix: lead, pump, suffix }))),
  );
}

/** Returns a string that matches everything before the node, so that the matcher reaches the node. */
function before(node: AST.Element, sample: Sample): string {
  let text = '';
  let at: AST.Node = node;
  for (;;) {
    const parent = at.parent as AST.Node | null;
    if (parent === null) return text;
    if (parent.type === 'Alternative') {
      const leading = parent.elements.slice(0, parent.elements.indexOf(at as AST.Element));
      text = leading.map((element) => sample(element, 0)).join('') + text;
    }
    at = parent;
  }
}

type Sample = (node: AST.Node, choice: number) => string;

/** Returns a function that finds a short match for a node. */
function sampler(flags: string): Sample {
  const choices = new Map<string, readonly string[]>();
  const matching = (raw: string): readonly string[] => {
    let found = choices.get(raw);
    if (!found) {
      const expression = new RegExp(`^(?:${raw})$`, flags.replaceAll(/[gy]/g, ''));
      found = CHARACTERS.filter((character) => expression.test(character)).slice(0, MAX_CHOICES);
      choices.set(raw, found);
    }
    return found;
  };
  const sample: Sample = (node, choice) => {
    const { type } = node;
    if (type === 'Character') return String.fromCodePoint(node.value);
    if (type === 'CharacterSet' || type === 'CharacterClass' || type === 'ExpressionCharacterClass') {
      const found = matching(node.raw);
      return found[choice % Math.max(1, found.length)] ?? '';
    }
    if (type === 'Quantifier') {
      const times = Math.min(node.max, Math.max(1, node.min));
      return sample(node.element, choice).repeat(times);
    }
    if (type === 'Group' || type === 'CapturingGroup') {
      const alternative = node.alternatives[choice % node.alternatives.length];
      return alternative ? sample(alternative, choice) : '';
    }
    if (type === 'Alternative') return node.elements.map((element) => sample(element, choice)).join('');
    if (type === 'Backreference')
      return [node.resolved].flat().map((group) => sample(group, choice))[0] ?? '';
    return '';
  };
  return sample;
}
