export interface KubeconfigSettings {
  readonly url: string;
  /** Path of the certificate that the server's is checked against. */
  readonly authority: string;
  readonly token: string;
}

/** A file for kubectl and all other clients: one server, one user. */
export const kubeconfigText = ({ url, authority, token }: KubeconfigSettings): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'tests', cluster: { server: url, 'certificate-authority': authority } }],
    users: [{ name: 'tests', user: { token } }],
    contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'tests', namespace: 'default' } }],
    'current-context': 'tests',
  });
