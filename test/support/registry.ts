import { spawn } from "node:child_process";
import * as crypto from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { attempt, capture } from "../../base/exec";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/**
 * A registry on loopback, which docker trusts without TLS. Only an image that came from a registry can be named by
 * its digest, as a site's own image is; this one offers images of one layer, a shell, with any command.
 */
export class Registry {
  private readonly offered: string[] = [];
  private readonly content = new Map<string, { type: string; data: Buffer }>();

  private constructor(
    private readonly server: http.Server,
    private readonly layer: Buffer,
    private readonly architecture: string,
  ) {
    server.on("request", (request, response) => {
      const found = this.content.get(request.url?.split("/").pop() ?? "");
      if (request.url === "/v2/") response.end("{}");
      else if (!found) response.writeHead(404).end("{}");
      else {
        const headers = { "content-type": found.type, "content-length": found.data.length };
        response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : found.data);
      }
    });
  }

  /** Its images have a shell, and programs of another image. */
  static async start(from = "debian:trixie-slim", programs: readonly string[] = []): Promise<Registry> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const architecture = await capture(["docker", "version", "--format", "{{.Server.Arch}}"]);
    return new Registry(server, await shellLayer(from, programs), architecture);
  }

  /** Offers an image that runs a shell script; gives its name with its digest. */
  add(name: string, script: string): string {
    const layer = this.keep("application/vnd.docker.image.rootfs.diff.tar.gzip", this.layer);
    const config = this.keep("application/vnd.docker.container.image.v1+json", {
      architecture: this.architecture,
      os: "linux",
      config: { Entrypoint: ["/bin/sh", "-c", script], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    });
    const manifest = this.keep(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
    const image = `127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}@${manifest.digest}`;
    this.offered.push(image);
    return image;
  }

  /** Ends, and removes its images from the daemon. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await attempt(["docker", "rmi", ...this.offered]);
  }

  private keep(type: string, value: object | Buffer): { mediaType: string; size: number; digest: string } {
    const data = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    const digest = `sha256:${crypto.createHash("sha256").update(data).digest("hex")}`;
    this.content.set(digest, { type, data });
    return { mediaType: type, size: data.length, digest };
  }
}

/** A tar of an image's shell and programs, and of what they are linked with. */
function shellLayer(from: string, programs: readonly string[]): Promise<Buffer> {
  const files = ["/bin/sh", "/bin/sleep", ...programs].join(" ");
  // With several files, ldd names each in a line that ends with a colon.
  const script = `tar -chP --mode=a+rX $(ldd ${files} | grep -v ":$" | grep -o "/[^ ]*" | sort -u) ${files} --no-recursion /tmp`;
  const docker = spawn(
    "docker",
    ["run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "sh", from, "-c", script],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const chunks: Buffer[] = [];
  docker.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    docker.on("error", reject);
    docker.on("close", (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`docker run ended with ${code}`)),
    );
  });
}
