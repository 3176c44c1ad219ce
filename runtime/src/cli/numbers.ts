/** Numbers as a person reads them at a glance: `1.25M`, `980`, `12.5k`. */
export const shortNumber = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toFixed(2)}G`;
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return String(Math.round(value));
};

/** A size: `980 B`, `12.5 KiB`, `1.25 GiB`. */
export const shortBytes = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const amount = bytes / 2 ** (10 * step);
  return `${step === 0 || amount >= 100 ? Math.round(amount) : amount.toPrecision(3)} ${units[step]}`;
};

/** A span of time: `850 ms`, `12.3 s`, `4 m 05 s`, `3 h 20 m`, `2 d 4 h`. */
export const shortTime = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};

/** A watermark as a date, or what stands for none and for the end. */
export const watermarkText = (watermarkMs: number): string => {
  if (watermarkMs === Infinity) return 'end';
  if (!(Math.abs(watermarkMs) <= 8.64e15)) return '-';
  return new Date(watermarkMs).toISOString().slice(0, 19).replace('T', ' ');
};
