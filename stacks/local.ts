import type { HostProfile } from "./hostProfile";

/** A copy of production on your own machine: loopback only, unprivileged ports, HTTP as well as HTTPS. */
export const local: HostProfile = {
  http: 8080,
  https: 8443,
  addresses: ["127.0.0.1"],
  tls: "own",
  redirectToHttps: false,
  gatewayWorkers: 2,
  accessLog: "errors",
  phpWorkers: 4,
  bufferPool: 64,
  logs: { files: 2, size: 5 },
  gateTimeout: 120,
  objects: 64,
  limits: { gateway: 128, web: 64, php: 384, mysql: 512, git: 256, mail: 128 },
};
