/** What kubectl needs to get to a server on this machine; JSON is YAML too. */
export const kubeconfig = (server: {
  readonly port: number;
  /** In PEM: who has signed the server's certificate. */
  readonly authority: string;
  readonly token: string;
}): string => {
  const name = 'millrace-dev';
  const cluster = {
    server: `https://127.0.0.1:${server.port}`,
    // Certificates of ours are made out to names, not to addresses.
    'tls-server-name': 'localhost',
    'certificate-authority-data': Buffer.from(server.authority).toString('base64'),
  };
  const configuration = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    users: [{ name, user: { token: server.token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
  };
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
};
