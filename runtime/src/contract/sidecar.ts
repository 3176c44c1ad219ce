import type { z } from 'zod';
import { type EnvironmentEntry, sidecarEnvironmentSchema, variablesOnce } from './env.ts';
import { about, anyText, block, integer, listOf, text, type Written } from './field.ts';
import { labelName } from './names.ts';
import { cpu, quantity } from './resources.ts';
import { type VolumeMount, volumeMounts } from './volumes.ts';

/** A further container beside each worker. Its security context is not for it to choose: no root, no privileges, read-only files. */
export interface Sidecar {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env: readonly EnvironmentEntry[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[] | undefined;
  readonly resources: { readonly cpu: string; readonly memory: string };
  readonly volumeMounts?: readonly VolumeMount[] | undefined;
}

type SidecarResources = Sidecar['resources'];

const sidecarResources: z.ZodType<SidecarResources, Written<SidecarResources>> = block({
  cpu: cpu('1m', '64').default('100m').meta(about('switch-over', 'Processors of the container.')),
  memory: quantity('4Mi', '1Ti').default('64Mi').meta(about('switch-over', 'Memory of the container.')),
});

export const sidecarSchema: z.ZodType<Sidecar, Written<Sidecar>> = block(
  {
    name: labelName().meta(about('switch-over', 'The name of the container.')),
    image: text(512, /^[a-zA-Z0-9][\w.\-/:@]*$/, 'the name of a container image').meta(
      about('switch-over', 'The image of the container.'),
    ),
    command: listOf(anyText(4096), 64)
      .optional()
      .meta(
        about('switch-over', 'The program and its first arguments.', {
          absent: 'the entry point of the image',
        }),
      ),
    args: listOf(anyText(4096), 64)
      .optional()
      .meta(about('switch-over', 'Arguments of the program.', { absent: 'the arguments of the image' })),
    env: sidecarEnvironmentSchema.default([]).meta(about('switch-over', 'Variables of its environment.')),
    ports: listOf(
      block({
        name: text(
          15,
          /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/,
          'a name of lower-case letters, digits and -, at most 15 characters',
        ).meta(about('switch-over', 'The name of the port.')),
        containerPort: integer(1, 65_535).meta(about('switch-over', 'The number of the port.')),
      }),
      16,
    )
      .optional()
      .meta(about('switch-over', 'The ports that the container listens on.', { absent: 'none are named' })),
    resources: sidecarResources.prefault({}).meta(about('switch-over', 'What the container gets.')),
    volumeMounts: volumeMounts(),
  },
  variablesOnce,
);
