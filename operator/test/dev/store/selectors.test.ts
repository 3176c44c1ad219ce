import { describe, expect, it } from 'vitest';
import { fieldSelector, labelSelector } from '../../../src/dev/store/selectors.ts';
import type { DevObject } from '../../../src/dev/store/values.ts';

const object = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    uid: 'u',
    resourceVersion: '1',
    labels: { job: 'a', 'millrace.dev/role': 'worker' },
  },
  status: { phase: 'Running' },
} as DevObject;

describe('a selector of labels', () => {
  it.each([
    ['', true],
    ['job=a', true],
    ['job==a,millrace.dev/role=worker', true],
    ['job=b', false],
    ['job!=b', true],
    ['other!=b', true],
    ['job in (b, a)', true],
    ['job notin (b,a)', false],
    ['job in (a),millrace.dev/role in (coordinator,worker)', true],
    ['other notin (b)', true],
    ['job', true],
    ['!job', false],
    ['!other', true],
  ])('%s selects it: %s', (text, isSelected) => {
    expect(labelSelector(text)(object)).toBe(isSelected);
  });

  it('that makes no sense is refused', () => {
    expect(() => labelSelector('job in a')).toThrow('unable to parse requirement: "job in a"');
  });
});

describe('a selector of fields', () => {
  it.each([
    ['metadata.name=p', true],
    ['metadata.name=q', false],
    ['status.phase!=Pending,metadata.name=p', true],
    ['spec.nodeName=', true],
  ])('%s selects it: %s', (text, isSelected) => {
    expect(fieldSelector(text)(object)).toBe(isSelected);
  });

  it('that makes no sense is refused', () => {
    expect(() => fieldSelector('name')).toThrow('invalid selector');
  });
});
