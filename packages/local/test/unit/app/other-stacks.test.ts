import { describe, expect, it } from '@jest/globals';
import { appStack, bucket, jobsFunction, jobsOf, topic } from './app-stack.ts';

const storage = appStack(
  'Storage',
  { Photos: bucket, Alerts: topic },
  {
    template: {
      Outputs: {
        PhotosName: { Value: { Ref: 'Photos' }, Export: { Name: 'Storage:Photos' } },
        PhotosArn: {
          Value: { 'Fn::GetAtt': ['Photos', 'Arn'] },
          Export: { Name: { 'Fn::Sub': '${AWS::StackName}-arn' } },
        },
      },
    },
  },
);

function shopWith(reference: Parameters<typeof jobsFunction>[0][string]): Parameters<typeof jobsOf>[0] {
  return [appStack('Shop', { 'Jobs/Worker': jobsFunction({ PHOTOS: reference }), Photos: bucket }), storage];
}

describe('a construct’s references to other stacks of its app', () => {
  it.each([
    ['an import', { 'Fn::ImportValue': 'Storage:Photos' }, { Ref: 'StoragePhotos' }],
    [
      'an import by a name that is put together',
      { 'Fn::ImportValue': { 'Fn::Join': ['-', ['Storage', 'arn']] } },
      { 'Fn::GetAtt': ['StoragePhotos', 'Arn'] },
    ],
    [
      'an output',
      { 'Fn::GetStackOutput': { StackName: 'Storage', OutputName: 'PhotosName' } },
      { Ref: 'StoragePhotos' },
    ],
  ])('become references to resources: %s', (_name, reference, resolved) => {
    const { template, needed, leftOut } = jobsOf(shopWith(reference));
    expect(Object.keys(template.Resources)).toEqual(['JobsWorker', 'StoragePhotos']);
    expect(template.Resources.JobsWorker?.Properties?.Environment).toEqual({
      Variables: { PHOTOS: resolved },
    });
    expect(needed.map(({ path }) => path)).toEqual(['Storage/Photos']);
    expect(leftOut.map(({ path }) => path)).toEqual(['Shop/Photos', 'Storage/Alerts']);
  });

  it('are refused if no stack exports the value', () => {
    expect(() => jobsOf(shopWith({ 'Fn::ImportValue': 'vpc-id' }))).toThrow(
      'Shop/Jobs/Worker imports "vpc-id", which no stack of the app exports.',
    );
  });

  it('keep the other stack’s parameters, conditions, mappings and name', () => {
    const Parameters = { Size: { Type: 'String', Default: '1' } };
    const Conditions = {
      IsSmall: { 'Fn::Equals': [{ Ref: 'Size' }, '1'] },
      IsOdd: { 'Fn::Not': [{ Condition: 'IsSmall' }] },
    };
    const Mappings = { Sizes: { a: { b: 'c' } } };
    const Outputs = { Name: { Value: { Ref: 'Photos' }, Export: { Name: 'photos' } } };
    const Properties = {
      BucketName: {
        'Fn::If': [
          'IsSmall',
          { 'Fn::Sub': '${AWS::StackName}-${Size}' },
          { 'Fn::FindInMap': ['Sizes', 'a', 'b'] },
        ],
      },
    };
    const other = appStack(
      'Prod/Storage',
      { Photos: { ...bucket, Properties, Condition: 'IsOdd' } },
      {
        template: { Parameters, Conditions, Mappings, Outputs },
      },
    );
    const shop = appStack('Shop', {
      'Jobs/Worker': jobsFunction({ PHOTOS: { 'Fn::ImportValue': 'photos' } }),
    });
    const { template } = jobsOf([shop, other]);
    expect(template.Resources.ProdStoragePhotos).toEqual({
      Type: 'AWS::S3::Bucket',
      Condition: 'ProdStorageIsOdd',
      Properties: {
        BucketName: {
          'Fn::If': [
            'ProdStorageIsSmall',
            {
              'Fn::Sub': [
                '${Replaced0}-${Replaced1}',
                { Replaced0: 'Prod-Storage', Replaced1: { Ref: 'ProdStorageSize' } },
              ],
            },
            { 'Fn::FindInMap': ['ProdStorageSizes', 'a', 'b'] },
          ],
        },
      },
    });
    expect(template.Conditions).toEqual({
      ProdStorageIsSmall: { 'Fn::Equals': [{ Ref: 'ProdStorageSize' }, '1'] },
      ProdStorageIsOdd: { 'Fn::Not': [{ Condition: 'ProdStorageIsSmall' }] },
    });
    expect(template.Parameters).toEqual({ ProdStorageSize: Parameters.Size });
    expect(template.Mappings).toEqual({ ProdStorageSizes: Mappings.Sizes });
  });
});
