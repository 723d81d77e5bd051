import * as tls from "node:tls";

export interface Handshake {
  /** What was agreed on: `TLSv1.3`; undefined where the server refused. */
  readonly version?: string;
  readonly cipher?: string;
  /** Days from the certificate's beginning to its end. */
  readonly days?: number;
}

/** What comes of a TLS handshake with a host on this machine that offers nothing else than what is named. */
export function handshake(
  port: number,
  servername: string,
  offered: Pick<tls.ConnectionOptions, "ecdhCurve" | "minVersion" | "maxVersion" | "ciphers">,
): Promise<Handshake> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, servername, rejectUnauthorized: false, ...offered };
    const socket = tls.connect(options, () => {
      const { valid_from, valid_to } = socket.getPeerCertificate();
      const days = (Date.parse(valid_to) - Date.parse(valid_from)) / 86_400_000;
      resolve({ version: socket.getProtocol() ?? undefined, cipher: socket.getCipher().name, days });
      socket.destroy();
    });
    socket.once("error", () => resolve({}));
  });
}
