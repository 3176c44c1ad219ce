import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf } from './support.ts';

const problemsOf = (...sidecars: readonly unknown[]): string[] =>
  problemsOfSpec({ podTemplate: { sidecars } });
const sidecar = 'spec.podTemplate.sidecars[0]';
const proxy: Data = { name: 'proxy', image: 'proxy:1' };

describe('a sidecar', () => {
  it('needs a name and an image, and is small by default', () => {
    expect(specOf({ podTemplate: { sidecars: [proxy] } }).podTemplate?.sidecars).toEqual([
      { name: 'proxy', image: 'proxy:1', env: [], resources: { cpu: '100m', memory: '64Mi' } },
    ]);
    expect(problemsOf({})).toEqual([
      `${sidecar}.name: expected a name of lower-case letters, digits and -, at most 63 characters, but it is missing`,
      `${sidecar}.image: expected the name of a container image, but it is missing`,
    ]);
  });

  it('keeps everything that is said', () => {
    const everything = {
      ...proxy,
      command: ['/proxy', '--quiet'],
      args: ['--port', '8080', ''],
      env: [{ name: 'LEVEL', value: 'debug' }],
      ports: [{ name: 'http', containerPort: 8080 }],
      resources: { cpu: '2', memory: '1Gi' },
      volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
    };
    const podTemplate = { volumes: [{ name: 'data', emptyDir: {} }], sidecars: [everything] };
    expect(specOf({ podTemplate }).podTemplate?.sidecars).toEqual([everything]);
  });

  it.each(['securityContext', 'privileged', 'lifecycle', 'livenessProbe'])(
    'does not choose its %s',
    (name) => {
      expect(problemsOf({ ...proxy, [name]: {} })).toEqual([
        `${sidecar}.${name}: there is no such field → The fields here are name, image, command, args, env, ports, resources, volumeMounts.`,
      ]);
    },
  );

  it('has a name of its own', () => {
    expect(problemsOf(proxy, proxy)).toEqual([
      'spec.podTemplate.sidecars[1].name: expected each name once, found proxy a second time',
    ]);
  });

  it('may set variables of Node, which are its own affair', () => {
    expect(problemsOf({ ...proxy, env: [{ name: 'NODE_OPTIONS', value: '--inspect' }] })).toEqual([]);
  });

  it('has each variable once, and in the form of all others', () => {
    expect(
      problemsOf({
        ...proxy,
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
    ).toEqual([
      `${sidecar}.env[1].name: expected each name once, found A a second time → Remove one of the two: which of them would count is easy to get wrong.`,
    ]);
    expect(problemsOf({ ...proxy, env: [{ name: 'A' }] })).toEqual([
      `${sidecar}.env[0]: expected exactly one of value, valueFrom, found none of them`,
    ]);
  });

  it('listens on ports that exist', () => {
    expect(problemsOf({ ...proxy, ports: [{ name: 'http', containerPort: 65_536 }] })).toEqual([
      `${sidecar}.ports[0].containerPort: expected a whole number from 1 to 65535, found the number 65536`,
    ]);
    expect(problemsOf({ ...proxy, ports: [8080] })).toEqual([
      `${sidecar}.ports[0]: expected a mapping with name, containerPort, found the number 8080`,
    ]);
    expect(
      problemsOf({ ...proxy, ports: [{ name: 'a-name-too-long-for-a-port', containerPort: 1 }] }),
    ).toHaveLength(1);
  });

  it('gets less than a worker may', () => {
    expect(problemsOf({ ...proxy, resources: { cpu: '65', memory: '2Ti' } })).toEqual([
      `${sidecar}.resources.cpu: expected a number of processors from 1m to 64, such as "2" or 500m, found the text "65"`,
      `${sidecar}.resources.memory: expected a size from 4Mi to 1Ti, such as 512Mi or 1.5Gi, found the text "2Ti"`,
    ]);
  });

  it('is one of at most eight', () => {
    const many = (count: number): Data[] =>
      Array.from({ length: count }, (_, index) => ({ ...proxy, name: `p${index}` }));
    expect(problemsOf(...many(8))).toEqual([]);
    expect(problemsOf(...many(9))).toEqual([
      'spec.podTemplate.sidecars: expected a list of at most 8 entries, found a list of 9 entries',
    ]);
  });
});
