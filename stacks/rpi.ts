import type { HostProfile } from "./hostProfile";

/** A Raspberry Pi: arm64, little memory, and an SD card that wears with every write. */
export const rpi: HostProfile = {
  http: 80,
  https: 443,
  addresses: ["0.0.0.0", "::"],
  tls: "acme",
  redirectToHttps: true,
  gatewayWorkers: 1,
  accessLog: "none",
  phpWorkers: 2,
  phpIdle: 600,
  bufferPool: 32,
  logs: { files: 1, size: 2 },
  gateTimeout: 300,
  objects: 32,
  limits: { gateway: 64, web: 48, php: 256, mysql: 256, git: 192, mail: 96 },
};
