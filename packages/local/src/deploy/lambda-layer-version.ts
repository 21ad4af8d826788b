import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { arn, physicalName } from '../template/names.ts';
import { assetFolder } from './lambda-code.ts';
import type { ResourceType } from './resource-type.ts';

/** Lambda's maximum length for layer names. */
const MAX_NAME_LENGTH = 140;

/** AWS::Lambda::LayerVersion: a folder used instead of `/opt`. */
export const lambdaLayerVersion: ResourceType = {
  honours: ['Content', 'LayerName'],
  withoutEffect: ['CompatibleArchitectures', 'CompatibleRuntimes', 'Description', 'LicenseInfo'],

  deploy({ logicalId, properties }, { stack, assets, layers }) {
    const content = properties.object('Content');
    const folder = assetFolder(content, assets);
    if (existsSync(join(folder, 'extensions')) && statSync(join(folder, 'extensions')).isDirectory()) {
      content.refuse('S3Key', 'has extensions, which the embedded Lambda does not run');
    }
    const name = properties.optionalText('LayerName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const layerArn = arn(stack, 'lambda', `layer:${name}:1`);
    layers.set(layerArn, folder);
    return { ref: layerArn, attributes: { LayerVersionArn: layerArn } };
  },
};
