import { describe, expect, test } from 'vitest';
import { count, sum } from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment } from '../../src/api/environment.ts';
import { col, type Expr, lit } from '../../src/api/expressions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { tumbling } from '../../src/api/windows.ts';
import { describeGraph, graphJson, graphMermaid, graphText } from '../../src/graph/describe.ts';
import { expressionText } from '../../src/graph/expression-text.ts';
import { planJob } from '../../src/graph/plan.ts';
import { type Bid, plannedSink, plannedSource } from '../api/support.ts';
import { plan } from './support.ts';

const late = outputTag<Bid>('late');

const revenue = (bids: DataStream<Bid>): void => {
  const windows = bids
    .where(col('price').gt(0))
    .keyBy('bidder')
    .window(tumbling('1m'))
    .lateOutput(late)
    .aggregate({ bids: count(), total: sum('price') })
    .name('revenue');
  windows.sinkTo(plannedSink('database'));
  windows.sideOutput(late).select('bidder').sinkTo(plannedSink('print')).setParallelism(1);
};

describe('a graph as text', () => {
  test('shows tasks, edges, what sinks promise and which fields are read', () => {
    expect(graphText(describeGraph(plan(revenue)))).toBe(
      `4 tasks in 2 slots, 128 key groups

[0] bids → where#1  ×2
  bids reads planned, bounded, fields: bidder, price
  └─ hash of bidder → [1]

[1] revenue → database#3  ×2
  database#3 writes database, at-least-once
  └─ side output late, forward → [2]

[2] select#4  ×2
  └─ rebalance → [3]

[3] print#5  ×1
  print#5 writes print, at-least-once
`,
    );
  });

  test('says why all fields are read', () => {
    const graph = plan((bids) => {
      bids.map((bid) => bid.price).sinkTo(plannedSink());
      bids
        .keyBy((bid) => bid.price)
        .aggregate({ bids: count() })
        .sinkTo(plannedSink());
    });
    const text = graphText(describeGraph(graph));
    expect(text).toContain(
      'bids reads planned, bounded, all fields: opaque key of aggregate#3; opaque function map#1',
    );
    expect(text).toContain('  ├─ forward → [1]\n  └─ hash of a function → [2]');
  });

  test('says so when it is the source that cannot read less', () => {
    const env = createEnvironment();
    env
      .fromSource(plannedSource<Bid>({ kind: 'queue' }))
      .select('price')
      .sinkTo(plannedSink());
    const text = graphText(describeGraph(planJob(env.nodes, { parallelism: 1 })));
    expect(text).toContain('queue#0 reads queue, bounded, all fields: queue reads whole records');
    expect(text).toMatch(/^1 task in 1 slot, 128 key groups\n/);
  });

  test('says when no field is read at all', () => {
    const graph = plan((bids) =>
      bids.windowAll(tumbling('1m')).aggregate({ bids: count() }).sinkTo(plannedSink()),
    );
    expect(graphText(describeGraph(graph))).toContain('fields: none');
  });
});

describe('a graph as a diagram', () => {
  test('is a Mermaid flowchart of its tasks', () => {
    expect(graphMermaid(describeGraph(plan(revenue)))).toBe(`flowchart LR
  task0["bids<br/>where#35;1<br/>×2"]
  task1["revenue<br/>database#35;3 (at-least-once)<br/>×2"]
  task2["select#35;4<br/>×2"]
  task3["print#35;5 (at-least-once)<br/>×1"]
  task0 -->|"hash of bidder"| task1
  task1 -->|"side output late, forward"| task2
  task2 -->|"rebalance"| task3
`);
  });

  test('keeps names from becoming markup', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid)
        .name('<b>"x"|`y`')
        .sinkTo(plannedSink()),
    );
    const diagram = graphMermaid(describeGraph(graph));
    expect(diagram).toContain('#60;b#62;#34;x#34;#124;#96;y#96;');
    expect(diagram).not.toContain('<b>');
  });
});

describe('a graph as JSON', () => {
  test('is its description', () => {
    const description = describeGraph(plan(revenue));
    expect(JSON.parse(graphJson(description))).toEqual(description);
    expect(description.tasks[0]).toEqual({
      index: 0,
      parallelism: 2,
      transforms: [
        {
          name: 'bids',
          kind: 'source',
          uid: 'bids',
          source: { kind: 'planned', boundedness: 'bounded', fields: ['bidder', 'price'] },
        },
        { name: 'where#1', kind: 'fused' },
      ],
      outputs: [{ to: 1, port: 0, from: 'where#1', partitioning: 'hash', key: 'bidder' }],
    });
    expect(description.tasks[1]?.transforms[1]?.sink).toEqual({
      kind: 'database',
      delivery: 'at-least-once',
    });
    expect(description.tasks[1]?.outputs[0]?.sideOutput).toBe('late');
  });
});

describe('an expression as text', () => {
  test.each([
    ['price', col('price')],
    ['price * 0.908', col('price').mul(0.908)],
    ['(price * 0.908) > 100', col('price').mul(0.908).gt(100)],
    ['(price + tax) - 1', col('price').add(col('tax')).sub(1)],
    ['(price / 2) % 3', col('price').div(2).mod(3)],
    ['(a = 1) and (b ≠ 2)', col('a').eq(1).and(col('b').ne(2))],
    ['(a < 1) or (b ≤ 2)', col('a').lt(1).or(col('b').le(2))],
    ['not (a ≥ 1)', col('a').ge(1).not()],
    ['-a', col('a').neg()],
    ['a is null', col('a').isNull()],
    ['length(upper(name))', col('name').upper().length()],
    ['1 - a', lit(1).sub(col('a'))],
  ] as readonly [string, Expr][])('is %s', (text, expression) => {
    expect(expressionText(expression.expression)).toBe(text);
  });

  test('shows constants as values, long ones shortened', () => {
    expect(expressionText(col('a').eq('web').expression)).toBe('a = "web"');
    expect(expressionText(col('a').eq('x'.repeat(500)).expression).length).toBeLessThan(60);
  });
});
