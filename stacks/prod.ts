import type { HostProfile } from "./hostProfile";

/** A VPS or a home server with real domains. */
export const prod: HostProfile = {
  http: 80,
  https: 443,
  addresses: ["0.0.0.0", "::"],
  tls: "acme",
  redirectToHttps: true,
  gatewayWorkers: "auto",
  accessLog: "errors",
  phpWorkers: 8,
  bufferPool: 128,
  logs: { files: 3, size: 10 },
  gateTimeout: 120,
  objects: 128,
  limits: { gateway: 256, web: 128, php: 768, mysql: 1024, git: 512, mail: 128 },
};
