/** Prints those of its arguments, `host:port`, that take a connection within a second. */
const program = `
const net = require('node:net');
const reaches = (door) => new Promise((resolve) => {
  const [host, port] = door.split(':');
  const socket = net.connect({ host, port: Number(port), timeout: 1000 });
  const end = (isOpen) => { socket.destroy(); resolve(isOpen); };
  socket.once('connect', () => end(true)).once('timeout', () => end(false)).once('error', () => end(false));
});
(async () => {
  for (const door of process.argv.slice(1)) if (await reaches(door)) console.log(door);
})();
`;

/** A stranger's pod that tries to connect. */
export const probePod = (namespace: string, doors: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'probe', namespace },
  spec: {
    restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'probe',
        image: 'localhost/node:24',
        imagePullPolicy: 'Never',
        command: ['node', '-e', program, '--', ...doors],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        resources: { requests: { cpu: '10m', memory: '32Mi' } },
      },
    ],
  },
});
