import { physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** CloudWatch's maximum length for dashboard names. */
const MAX_NAME_LENGTH = 255;

/** AWS::CloudWatch::Dashboard. The dashboard is not displayed, but its body must be JSON with widgets. */
export const cloudWatchDashboard: ResourceType = {
  honours: ['DashboardBody', 'DashboardName'],
  withoutEffect: [],

  deploy({ logicalId, properties }, { stack }) {
    const body = parsed(properties.text('DashboardBody'));
    if (!Array.isArray((body as { widgets?: unknown } | null | undefined)?.widgets))
      properties.refuse('DashboardBody', 'must be JSON with a list of widgets');
    return {
      ref: properties.optionalText('DashboardName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH),
    };
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
