import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const at =
  (field: string) =>
  (value: unknown): Data => ({ podTemplate: { [field]: value } });
const problemsOfPod = (podTemplate: Data): string[] => problemsOfSpec({ podTemplate });
const pod = 'spec.podTemplate';
const objectName =
  'the name of a Kubernetes object: lower-case letters, digits, - and ., at most 253 characters';

describe('the pods of a job', () => {
  it('are as Millrace makes them unless something is said', () => {
    expect(specOf({}).podTemplate).toBeUndefined();
    expect(specOf({ podTemplate: {} }).podTemplate).toEqual({
      labels: {},
      annotations: {},
      nodeSelector: {},
    });
  });

  it('take what Kubernetes takes, by its names', () => {
    const podTemplate = {
      labels: { team: 'streams' },
      annotations: { 'example.com/note': 'any text, even long' },
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'streams', effect: 'NoSchedule' },
        { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ],
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
      },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      priorityClassName: 'high',
      runtimeClassName: 'gvisor',
      imagePullSecrets: [{ name: 'registry' }],
    };
    expect(specOf({ podTemplate }).podTemplate).toEqual(podTemplate);
  });

  it.each([
    'containers',
    'securityContext',
    'hostNetwork',
    'serviceAccountName',
    'restartPolicy',
    'terminationGracePeriodSeconds',
    'env',
    'resources',
  ])('leave %s to Millrace or to another field', (name) => {
    const [problem = '', ...others] = problemsOfPod({ [name]: 'x' });
    expect(problem).toMatch(new RegExp(`^${pod.replace('.', '\\.')}\\.${name}: there is no such field → `));
    expect(others).toEqual([]);
  });

  it('say where the environment and resources belong', () => {
    expect(problemsOfPod({ env: [] })).toEqual([
      `${pod}.env: there is no such field → Did you mean spec.env?`,
    ]);
    expect(problemsOfPod({ resources: {} })).toEqual([
      `${pod}.resources: there is no such field → Did you mean spec.resources?`,
    ]);
  });

  it.each(['template', 'pod', 'podtemplate'])('are not described under spec.%s', (name) => {
    expect(problemsOfSpec({ [name]: {} })).toEqual([
      `spec.${name}: there is no such field → Did you mean podTemplate?`,
    ]);
  });
});

describe('the scheduling of pods', () => {
  testField(`${pod}.nodeSelector`, at('nodeSelector'), {
    good: [{}, { disk: 'ssd' }, { a: '' }],
    bad: [
      [
        { gpu: true },
        `${pod}.nodeSelector.gpu: expected a text of at most 63 characters, found true → Write it in quotes: "true".`,
      ],
      [['a'], `${pod}.nodeSelector: expected a mapping of at most 32 entries, found a list of 1 entry`],
    ],
  });

  const toleration = `${pod}.tolerations[0]`;
  testField(`${pod}.tolerations`, at('tolerations'), {
    good: [
      [],
      [{ key: 'a' }],
      [{ operator: 'Exists' }],
      [{ key: 'a', operator: 'Exists', effect: 'PreferNoSchedule' }],
    ],
    bad: [
      [[{}], `${toleration}: expected a key, or the operator Exists, found neither`],
      [[{ value: 'x' }], `${toleration}: expected a key, or the operator Exists, found neither`],
      [
        [{ key: 'a', operator: 'exists' }],
        `${toleration}.operator: expected one of Equal, Exists, found the text "exists" → Did you mean Exists?`,
      ],
      [
        [{ key: 'a', effect: 'NoShedule' }],
        `${toleration}.effect: expected one of NoSchedule, PreferNoSchedule, NoExecute, found the text "NoShedule" → Did you mean NoSchedule?`,
      ],
      [
        [{ key: 'a', tolerationSeconds: '30s' }],
        `${toleration}.tolerationSeconds: expected a whole number from 0 to 31536000, found the text "30s"`,
      ],
      [
        Array.from({ length: 33 }, () => ({ key: 'a' })),
        `${pod}.tolerations: expected a list of at most 32 entries, found a list of 33 entries`,
      ],
    ],
  });

  testField(`${pod}.affinity`, at('affinity'), {
    good: [{}, { anything: [{ goes: true }] }],
    bad: [
      [
        'soft',
        `${pod}.affinity: expected a mapping of at most 16384 characters of JSON, found the text "soft"`,
      ],
      [
        { x: 'y'.repeat(16_384) },
        `${pod}.affinity: expected a mapping of at most 16384 characters of JSON, found 16392 characters`,
      ],
    ],
  });

  testField(`${pod}.topologySpreadConstraints`, at('topologySpreadConstraints'), {
    good: [[], [{ maxSkew: 1 }]],
    bad: [
      [
        Array.from({ length: 9 }, () => ({})),
        `${pod}.topologySpreadConstraints: expected a list of at most 8 entries, found a list of 9 entries`,
      ],
      [
        [{ x: 'y'.repeat(4096) }],
        `${pod}.topologySpreadConstraints[0]: expected a mapping of at most 4096 characters of JSON, found 4104 characters`,
      ],
    ],
  });

  testField(`${pod}.priorityClassName`, at('priorityClassName'), {
    good: ['high', 'system-cluster-critical'],
    bad: [
      ['High Priority', `${pod}.priorityClassName: expected ${objectName}, found the text "High Priority"`],
    ],
  });

  testField(`${pod}.imagePullSecrets`, at('imagePullSecrets'), {
    good: [[], [{ name: 'registry' }]],
    bad: [
      [['registry'], `${pod}.imagePullSecrets[0]: expected a mapping with name, found the text "registry"`],
      [[{}], `${pod}.imagePullSecrets[0].name: expected ${objectName}, but it is missing`],
    ],
  });

  testField(`${pod}.annotations`, at('annotations'), {
    good: [{ a: 'x'.repeat(16_384) }],
    bad: [
      [
        { a: 'x'.repeat(16_385) },
        `${pod}.annotations.a: expected a text of at most 16384 characters, found a text of 16385 characters`,
      ],
    ],
  });
});
