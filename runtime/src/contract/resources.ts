import type { z } from 'zod';
import { about, block, checkedText, text, type Written } from './field.ts';
import {
  cpuPattern,
  missingUnit,
  parseCpu,
  parseQuantity,
  quantityHint,
  quantityOf,
  quantityPattern,
} from './quantity.ts';

/** What one worker gets. Texts: see `parseCpu` and `parseQuantity`. */
export interface Resources {
  readonly cpu: string;
  readonly memory: string;
}

const quantityIn = (minimum: string, maximum: string): string =>
  `!quantity(self).isLessThan(quantity('${minimum}')) && !quantity(self).isGreaterThan(quantity('${maximum}'))`;

/** A size between two others. */
export const quantity = (minimum: string, maximum: string): z.ZodString => {
  const [minimumBytes, maximumBytes] = [parseQuantity(minimum), parseQuantity(maximum)];
  const expected = `a size from ${minimum} to ${maximum}, such as 512Mi or 1.5Gi`;
  return checkedText(
    text(32, quantityPattern, expected),
    (value) => {
      const hint = quantityHint(value);
      if (hint !== undefined) return { hint };
      const bytes = quantityOf(value);
      if (bytes < minimumBytes && /^\d+$/.test(value)) return { hint: missingUnit(value) };
      return bytes < minimumBytes || bytes > maximumBytes ? {} : undefined;
    },
    quantityIn(minimum, maximum),
  ).meta({ quantity: true });
};

/** A number of processors between two others. */
export const cpu = (minimum: string, maximum: string): z.ZodString => {
  const expected = `a number of processors from ${minimum} to ${maximum}, such as "2" or 500m`;
  return checkedText(
    text(16, cpuPattern, expected),
    (value) => {
      if (!cpuPattern.test(value)) return { hint: 'Write "2" for two processors, 500m for half of one.' };
      return parseCpu(value) < parseCpu(minimum) || parseCpu(value) > parseCpu(maximum) ? {} : undefined;
    },
    quantityIn(minimum, maximum),
  );
};

export const resourcesSchema: z.ZodType<Resources, Written<Resources>> = block({
  cpu: cpu('50m', '256').default('1').meta(about('switch-over', 'Processors of one worker.')),
  memory: quantity('128Mi', '4Ti')
    .default('1Gi')
    .meta(
      about(
        'switch-over',
        'Memory of one worker, and the only number about memory: heap, state and buffers of its slots get their shares of it, and a job that outgrows one fails by name. One slot needs 128Mi, each further one about 50Mi. A local run takes it as the budget of the process.',
      ),
    ),
});
