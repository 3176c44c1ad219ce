/** What stands in the place of a secret. */
export const redacted: string = '[redacted]';

const secretName =
  /pass(?:word|wd|phrase|code)|(?:^|[^a-z])pwd|token|secret|credential|authorization|cookie|(?:api|access|private|account|signing|encryption)[-_. ]?key|(?:^|[^a-z])(?:auth|sas|signature)$/i;

/** A reference to a secret is none: `secretName`, `tokenPath`, `secretKeyRef`. */
const referenceName = /(?:name|ref|path|file)$/i;

/** Whether a field, variable or header of this name is likely to hold a secret. Errs on the side of hiding. */
export const looksSecret = (name: string): boolean => {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return (secretName.test(name) || secretName.test(words)) && !referenceName.test(name);
};

/** `scheme://user:password@host`: everything up to the last `@` before the path. */
const userInfo = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]{1,2000}@/gi;
/** `?token=…`, `;password=…`, `secret: …` and the like inside of a text. */
const assignment = /([?&;,\s]|^)([\w.-]{1,80})=([^\s&;,"']{1,2000})/g;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;

/** The text with the secrets in its URLs, parameters and authorization headers hidden; other text is left as it is. */
export const redactText = (text: string): string =>
  text
    .replace(userInfo, `$1${redacted}@`)
    .replace(assignment, (whole: string, before: string, name: string) =>
      looksSecret(name) ? `${before}${name}=${redacted}` : whole,
    )
    .replace(bearer, `$1 ${redacted}`);
