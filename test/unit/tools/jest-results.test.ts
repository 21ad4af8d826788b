import { describe, expect, it } from '@jest/globals';
import { failuresOf, type JestResults } from '../../emulator/results.ts';

const resultsOf = (...testResults: JestResults['testResults']): JestResults => ({
  success: false,
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults,
});

describe('the failures at the end of a jest command', () => {
  it('are the full names of the failed tests, each with the first lines of its message without colors', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `at line ${index}`);
    const results = resultsOf({
      name: '/project/test/a.test.ts',
      status: 'failed',
      message: 'both',
      assertionResults: [
        { status: 'passed', title: 'passes', fullName: 'a passes', failureMessages: [] },
        {
          status: 'failed',
          title: 'fails',
          fullName: 'a fails',
          failureMessages: [`Error: \u001B[31mred\u001B[39m\n\n${lines.join('\n')}`],
        },
      ],
    });
    expect(failuresOf(results)).toEqual([
      ['FAILED a fails', '  Error: red', ...lines.slice(0, 7).map((line) => `  ${line}`)].join('\n'),
    ]);
  });

  it('name a file that could not run', () => {
    const results = resultsOf({
      name: '/project/test/a.test.ts',
      status: 'failed',
      message: 'SyntaxError: a',
      assertionResults: [],
    });
    expect(failuresOf(results)).toEqual(['FAILED /project/test/a.test.ts\n  SyntaxError: a']);
  });
});
