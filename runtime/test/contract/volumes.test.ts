import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const problemsOfPod = (podTemplate: Data): string[] => problemsOfSpec({ podTemplate });
const problemsOfVolume = (volume: Data): string[] => problemsOfPod({ volumes: [{ name: 'v', ...volume }] });
const volume = 'spec.podTemplate.volumes[0]';
const mount = 'spec.podTemplate.volumeMounts[0]';
const claim = { spec: { resources: { requests: { storage: '10Gi' } } } };

describe('a volume', () => {
  it('is of one of the kinds that a worker may have, with the defaults of Kubernetes', () => {
    const volumes = [
      {
        name: 'settings',
        configMap: { name: 'settings', items: [{ key: 'a', path: 'sub/a.txt', mode: 0o600 }] },
      },
      { name: 'keys', secret: { secretName: 'keys', optional: true, defaultMode: 0o400 } },
      { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'plain', emptyDir: {} },
      { name: 'disk', ephemeral: { volumeClaimTemplate: claim } },
      { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    ];
    expect(specOf({ podTemplate: { volumes } }).podTemplate?.volumes).toEqual([
      {
        name: 'settings',
        configMap: {
          name: 'settings',
          items: [{ key: 'a', path: 'sub/a.txt', mode: 0o600 }],
          optional: false,
        },
      },
      { name: 'keys', secret: { secretName: 'keys', optional: true, defaultMode: 0o400 } },
      { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'plain', emptyDir: {} },
      {
        name: 'disk',
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
          },
        },
      },
      { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    ]);
  });

  it('is of exactly one kind', () => {
    expect(problemsOfVolume({})).toEqual([
      `${volume}: expected exactly one of configMap, secret, emptyDir, ephemeral, projected, found none of them`,
    ]);
    expect(problemsOfVolume({ emptyDir: {}, configMap: { name: 'a' } })).toEqual([
      `${volume}.emptyDir: expected exactly one of configMap, secret, emptyDir, ephemeral, projected, found configMap and emptyDir`,
    ]);
  });

  it.each(['hostPath', 'nfs', 'persistentVolumeClaim', 'csi'])('is not of the kind %s', (kind) => {
    expect(problemsOfVolume({ emptyDir: {}, [kind]: {} })).toEqual([
      `${volume}.${kind}: there is no such field → The fields here are name, configMap, secret, emptyDir, ephemeral, projected.`,
    ]);
  });

  it('has a name of its own', () => {
    expect(problemsOfPod({ volumes: [{ emptyDir: {} }] })).toEqual([
      `${volume}.name: expected a name of lower-case letters, digits and -, at most 63 characters, but it is missing`,
    ]);
    expect(
      problemsOfPod({
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'a', emptyDir: {} },
        ],
      }),
    ).toEqual(['spec.podTemplate.volumes[1].name: expected each name once, found a a second time']);
  });

  const items = `${volume}.configMap.items[0]`;
  testField(
    `${volume}.configMap.items[0].path`,
    (path) => ({
      podTemplate: { volumes: [{ name: 'v', configMap: { name: 'a', items: [{ key: 'k', path }] } }] },
    }),
    {
      good: ['a', 'a/b.txt', '.hidden', 'a/.b/c', 'a..b', '.h/x'],
      bad: [
        ['/a', `${items}.path: expected a relative path without .., found the text "/a"`],
        ['../a', `${items}.path: expected a relative path without .., found the text "../a"`],
        ['a/../b', `${items}.path: expected a relative path without .., found the text "a/../b"`],
        ['a//b', `${items}.path: expected a relative path without .., found the text "a//b"`],
        ['', `${items}.path: expected a relative path without .., found an empty text`],
      ],
    },
  );

  testField(
    `${volume}.secret.defaultMode`,
    (defaultMode) => ({
      podTemplate: { volumes: [{ name: 'v', secret: { secretName: 'a', defaultMode } }] },
    }),
    {
      good: [0, 0o400, 420, 0o777],
      bad: [
        [1000, `${volume}.secret.defaultMode: expected a whole number from 0 to 511, found the number 1000`],
        [
          '0644',
          `${volume}.secret.defaultMode: expected a whole number from 0 to 511, found the text "0644" → Write it without quotes.`,
        ],
      ],
    },
  );

  it('of a storage class has a size', () => {
    const template = `${volume}.ephemeral.volumeClaimTemplate`;
    expect(
      problemsOfVolume({ ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: {} } } } } }),
    ).toEqual([
      `${template}.spec.resources.requests.storage: expected a size from 1Mi to 64Ti, such as 512Mi or 1.5Gi, but it is missing`,
    ]);
    expect(problemsOfVolume({ ephemeral: {} })).toEqual([
      `${template}: expected a mapping with metadata, spec, but it is missing`,
    ]);
    const shared = { spec: { ...claim.spec, accessModes: ['ReadWriteMany'] } };
    expect(problemsOfVolume({ ephemeral: { volumeClaimTemplate: shared } })).toEqual([
      `${template}.spec.accessModes[0]: expected one of ReadWriteOnce, ReadWriteOncePod, found the text "ReadWriteMany" → Did you mean ReadWriteOnce?`,
    ]);
  });

  it('in memory is bounded in words that Kubernetes knows', () => {
    expect(problemsOfVolume({ emptyDir: { medium: 'memory' } })).toEqual([
      `${volume}.emptyDir.medium: expected one of Memory, found the text "memory" → Did you mean Memory?`,
    ]);
    expect(problemsOfVolume({ emptyDir: { sizeLimit: '64MB' } })).toEqual([
      `${volume}.emptyDir.sizeLimit: expected a size from 1Ki to 64Ti, such as 512Mi or 1.5Gi, found the text "64MB" → Did you mean 64Mi?`,
    ]);
  });
});

describe('a mount', () => {
  const volumes = [{ name: 'data', emptyDir: {} }];
  const mounted = (volumeMount: Data): Data => ({ podTemplate: { volumes, volumeMounts: [volumeMount] } });

  it('puts a volume somewhere, to be written unless it says otherwise', () => {
    expect(specOf(mounted({ name: 'data', mountPath: '/data' })).podTemplate?.volumeMounts).toEqual([
      { name: 'data', mountPath: '/data', readOnly: false },
    ]);
  });

  it('names a volume that is there', () => {
    expect(problemsOfSpec(mounted({ name: 'date', mountPath: '/data' }))).toEqual([
      `${mount}.name: expected the name of an entry of spec.podTemplate.volumes, found the text "date"`,
    ]);
    expect(problemsOfPod({ volumeMounts: [{ name: 'data', mountPath: '/data' }] })).toHaveLength(1);
  });

  it('of a sidecar names a volume that is there, too', () => {
    const sidecars = [
      { name: 'a', image: 'b', volumeMounts: [{ name: 'data', mountPath: '/x' }] },
      { name: 'b', image: 'b', volumeMounts: [{ name: 'nowhere', mountPath: '/x' }] },
    ];
    expect(problemsOfPod({ volumes, sidecars })).toEqual([
      'spec.podTemplate.sidecars[1].volumeMounts[0].name: expected the name of an entry of spec.podTemplate.volumes, found the text "nowhere"',
    ]);
  });

  testField(`${mount}.mountPath`, (mountPath) => mounted({ name: 'data', mountPath }), {
    good: ['/', '/data', '/var/lib/a b'],
    bad: [
      ['data', `${mount}.mountPath: expected an absolute path without :, found the text "data"`],
      ['/a:b', `${mount}.mountPath: expected an absolute path without :, found the text "/a:b"`],
      ['', `${mount}.mountPath: expected an absolute path without :, found an empty text`],
    ],
  });

  testField(`${mount}.subPath`, (subPath) => mounted({ name: 'data', mountPath: '/a', subPath }), {
    good: ['a', 'a/b'],
    bad: [['../a', `${mount}.subPath: expected a relative path without .., found the text "../a"`]],
  });

  it('that is no mapping is told so, and not looked up', () => {
    expect(problemsOfPod({ volumes, volumeMounts: ['data'] })).toEqual([
      `${mount}: expected a mapping with name, mountPath, subPath, readOnly, found the text "data"`,
    ]);
    expect(problemsOfPod({ volumes: 'data', volumeMounts: 7, sidecars: {} })).toHaveLength(3);
  });
});
