import type { Steps } from '../helpers/command-steps.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { startDataApi } from './data-api.ts';
import { installMiniStack, startMiniStack } from './ministack.ts';

/** Starts MiniStack, and the Data API that the functions call. */
export async function startTarget({ signal, dir, step, begin }: Steps): Promise<Required<EmulatorTarget>> {
  const python = await step('MiniStack (installed)', installMiniStack(signal));
  const dataApi = await begin('Data API', startDataApi(dir));
  const ministack = await begin('MiniStack', startMiniStack(python, dir, dataApi.url));
  return { kind: 'ministack', awsEndpointUrl: ministack.url, dataApiUrl: dataApi.url };
}
