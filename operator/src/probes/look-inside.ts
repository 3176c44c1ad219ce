import type { Response } from 'express';
import type { Inspection } from '../../../runtime/src/sys/inspection.ts';
import type { System } from '../../../runtime/src/sys/system.ts';

const partBytes = 256 * 1024;

const send = (response: Response, bytes: Uint8Array): Promise<void> =>
  new Promise((sent) => {
    if (response.destroyed || response.write(bytes)) {
      sent();
      return;
    }
    const go = (): void => {
      response.off('drain', go).off('close', go);
      sent();
    };
    response.on('drain', go).on('close', go);
  });

/** The heap as the developer tools of Chrome read it. The operator stands still until it is written. */
export const sendHeapSnapshot = async (inspection: Inspection, response: Response): Promise<void> => {
  const file = inspection.heapSnapshot();
  try {
    response.set('content-type', 'application/json');
    let at = 0;
    for (;;) {
      const part = new Uint8Array(partBytes);
      const length = file.read(part, 0, partBytes, at);
      if (length === 0 || response.destroyed) break;
      at += length;
      await send(response, part.subarray(0, length));
    }
    response.end();
  } finally {
    file.close();
  }
};

/** What the operator does with its time from now on, as the developer tools of Chrome read it. */
export const sendCpuProfile = async (
  { inspection, timers }: Pick<System, 'inspection' | 'timers'>,
  durationMs: number,
  response: Response,
): Promise<void> => {
  const profile = await inspection.startCpuProfile();
  const isOver = await new Promise<boolean>((resolve) => {
    const timer = timers.after(durationMs, () => resolve(true));
    response.once('close', () => {
      timer.cancel();
      resolve(false);
    });
  });
  if (isOver) response.set('content-type', 'application/json').send(await profile.stop());
  else profile.abandon();
};
