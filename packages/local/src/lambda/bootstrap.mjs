/**
 * A sandbox's runtime: loads the function's handler and runs one invocation after another, like Lambda's Node.js runtime. This file is
 * plain JavaScript, because stripping types would cost each sandbox startup time and memory.
 *
 * Arguments: the token that marks the process as one of our sandboxes, the compile cache folder, and the paths of modules outside the
 * bundle, as JSON. File descriptor 3 is the lifeline, which closes when the parent dies for any reason.
 */
import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { existsSync, realpathSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { resolveModulesAsInLambda } from './module-resolution.mjs';
import { openRuntimeConnection } from './runtime-connection.mjs';

const RUNTIME_API = '/2018-06-01/runtime';
const taskRoot = realpathSync(process.env.LAMBDA_TASK_ROOT);
const connection = openRuntimeConnection(process.env.AWS_LAMBDA_RUNTIME_API);

/** The request ID of the current invocation. Errors outside the handler are reported for this invocation. */
let currentRequestId;
let initialized = false;

class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
  }
}

dieWithTheParent();
patchConsole();
resolveModulesAsInLambda({ taskRoot, ...JSON.parse(process.argv[4]) });
process.on('uncaughtException', (error) => void giveUp(error, 129));
process.on('unhandledRejection', (reason) => {
  void giveUp(new RuntimeError('UnhandledPromiseRejection', String(reason)), 128);
});
process.on('beforeExit', () => {
  // The event loop is empty while the handler's promise is pending, so the promise can never settle.
  const error = new RuntimeError('NodeJsExit', 'The handler returned a promise that was never settled');
  void giveUp(error, 0);
});

if (process.execArgv.some((option) => option.startsWith('--inspect'))) {
  const { stopTimersWithDebugger } = await import('./debugger-clock.mjs');
  stopTimersWithDebugger();
}
const handler = await loadHandler().catch((error) => giveUp(error, 1));
initialized = true;
for (;;) {
  await runOne();
}

async function runOne() {
  const next = await call('GET', '/invocation/next');
  const requestId = next.headers['lambda-runtime-aws-request-id'];
  currentRequestId = requestId;
  process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
  try {
    const result = await handler(JSON.parse(next.body), context(next.headers));
    await call('POST', `/invocation/${requestId}/response`, serialize(result));
  } catch (error) {
    console.error('Invoke Error', error);
    await report(`/invocation/${requestId}/error`, error);
  }
  currentRequestId = undefined;
}

function context(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function serialize(result) {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw new RuntimeError('JSONStringifyError', 'Unable to stringify response body');
  }
}

async function loadHandler() {
  enableCompileCache(process.argv[3]);
  const name = process.env._HANDLER;
  const [, modulePath, exportPath] = /^((?:.*\/)?\.?[^/.]+)\.([^/]+)$/.exec(name) ?? [];
  if (modulePath === undefined || name.includes('..')) {
    throw new RuntimeError('MalformedHandlerName', `'${name}' is not a valid handler name`);
  }
  const exported = await loadModule(path.join(taskRoot, modulePath));
  const found = exportPath.split('.').reduce((value, key) => value?.[key], exported);
  if (typeof found !== 'function') {
    throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (found.length >= 3) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      `${name} takes a callback, which Lambda no longer supports from Node.js 24 on: return a promise instead`,
    );
  }
  // Sandboxes are always killed, so without this call, the compile cache would be lost.
  flushCompileCache();
  return found;
}

async function loadModule(withoutExtension) {
  const file = ['.js', '.mjs', '.cjs'].map((end) => withoutExtension + end).find((each) => existsSync(each));
  try {
    if (file === undefined) {
      const name = path.basename(withoutExtension);
      throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
    }
    if (file.endsWith('.mjs')) return await import(pathToFileURL(file).href);
    try {
      return createRequire(file)(file);
    } catch (error) {
      // The handler is an ES module (`"type": "module"`) with a top-level await.
      if (error.code === 'ERR_REQUIRE_ASYNC_MODULE') return await import(pathToFileURL(file).href);
      throw error;
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test(error?.code))
      throw new RuntimeError('ImportModuleError', String(error));
    throw error;
  }
}

/**
 * Lambda's log formats: one JSON object per line, or tab-separated text with carriage returns instead of line breaks. Lines below
 * the function's log level are not written
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/LogPatch.js).
 */
function patchConsole() {
  const json = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  const ranks = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
  const lowest = ranks.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? 'TRACE');
  for (const [method, level] of Object.entries(levels)) {
    if (ranks.indexOf(level) < lowest) {
      console[method] = () => {};
      continue;
    }
    console[method] = (...values) => {
      const timestamp = new Date().toISOString();
      const line = json
        ? jsonLine({ timestamp, level, requestId: currentRequestId }, values)
        : [timestamp, currentRequestId, level, format(...values)].join('\t').replaceAll('\n', '\r');
      process.stdout.write(`${line}\n`);
    };
  }
}

function jsonLine(entry, values) {
  const error = values.find((value) => value instanceof Error);
  if (values.length > 1) {
    return JSON.stringify({
      ...entry,
      message: format(...values),
      ...(error && describe(error, 'stackTrace')),
    });
  }
  try {
    const replacer = (_, value) =>
      value instanceof Error ? { ...describe(value, 'stackTrace'), ...value } : value;
    return JSON.stringify({ ...entry, message: values[0] }, replacer);
  } catch {
    return JSON.stringify({ ...entry, message: format(values[0]) });
  }
}

/** Converts an error to Lambda's format. The stack is in `trace` in a response, and in `stackTrace` in a log line. */
function describe(error, stackField) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), [stackField]: [] };
  }
  return {
    errorType: error.name,
    errorMessage: error.message,
    [stackField]: String(error.stack).split('\n'),
  };
}

function dieWithTheParent() {
  const lifeline = new Socket({ fd: 3 });
  // The sandbox leads its own process group, so the function's child processes end with the sandbox.
  lifeline.on('close', () => process.kill(-process.pid, 'SIGKILL'));
  lifeline.on('error', () => {});
  lifeline.resume();
  lifeline.unref();
}

/** Reports an error that occurred outside the handler, and exits. The next invocation gets a new sandbox. */
async function giveUp(error, exitCode) {
  console.error(initialized ? 'Uncaught Exception' : 'Init Error', error);
  if (!initialized) await report('/init/error', error);
  else if (currentRequestId) await report(`/invocation/${currentRequestId}/error`, error);
  process.exit(exitCode);
}

function report(path, error) {
  return call('POST', path, JSON.stringify(describe(error, 'trace')), {
    'Lambda-Runtime-Function-Error-Type': error instanceof Error ? error.name : typeof error,
  });
}

/** Makes one Runtime API call. If a response is refused (413), the API itself responds to the function's caller. */
function call(method, path, body, headers) {
  return connection.call(method, RUNTIME_API + path, body, headers);
}
