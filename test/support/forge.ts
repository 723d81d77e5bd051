import { spawn } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { bridgeAddress } from "./docker";

/** A forge on docker's bridge: repositories and Git LFS over http, for whoever has the token. */
export class Forge {
  /** Users and passwords that were sent. */
  readonly sent = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly server: http.Server,
    readonly address: string,
  ) {}

  static async start(folder: string, token: string): Promise<Forge> {
    fs.mkdirSync(path.join(folder, "large"), { recursive: true });
    const host = await bridgeAddress();
    const server = http.createServer((request, response) => {
      const { authorization = "" } = request.headers;
      const login = Buffer.from(authorization.split(" ")[1] ?? "", "base64").toString();
      if (login) forge.sent.add(login);
      if (!login.endsWith(`:${token}`))
        response.writeHead(401, { "www-authenticate": "Basic realm=forge" }).end();
      else if (request.url?.includes("/info/lfs/")) void forge.batch(request, response);
      else if (request.url?.startsWith("/large/")) forge.large(request, response);
      else forge.git(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const forge = new Forge(folder, server, `http://${host}:${(server.address() as AddressInfo).port}`);
    return forge;
  }

  /** Keeps a file as Git LFS does, and gives the pointer that a commit has in its place. */
  keep(content: Buffer, lost = false): string {
    const oid = crypto.createHash("sha256").update(content).digest("hex");
    if (!lost) fs.writeFileSync(path.join(this.folder, "large", oid), content);
    return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async batch(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { objects } = JSON.parse(Buffer.concat(chunks).toString()) as {
      objects: { oid: string; size: number }[];
    };
    const answers = objects.map(({ oid, size }) =>
      fs.existsSync(path.join(this.folder, "large", oid))
        ? { oid, size, actions: { download: { href: `${this.address}/large/${oid}` } } }
        : { oid, size, error: { code: 404, message: "Object does not exist" } },
    );
    response.writeHead(200, { "content-type": "application/vnd.git-lfs+json" });
    response.end(JSON.stringify({ transfer: "basic", objects: answers }));
  }

  private large(request: http.IncomingMessage, response: http.ServerResponse): void {
    const file = path.join(this.folder, "large", path.basename(request.url ?? ""));
    response.end(fs.readFileSync(file));
  }

  /** What git itself hands out, by CGI. */
  private git(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "/", this.address);
    const child = spawn("git", ["-c", "safe.directory=*", "http-backend"], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? "GET",
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      const headers = all.subarray(0, end).toString().split("\r\n");
      const status = headers.find((line) => line.startsWith("Status: "))?.slice(8, 11) ?? "200";
      for (const line of headers) {
        const [name = "", value = ""] = line.split(": ");
        if (name && name !== "Status") response.setHeader(name, value);
      }
      response.writeHead(Number(status)).end(all.subarray(end + 4));
    });
  }

  /** Where a repository of it lies. */
  at(repository: string): string {
    return path.join(this.folder, repository);
  }

  /** Makes a repository's own git answer for commits that no branch leads to, as forges do. */
  async open(repository: string): Promise<void> {
    await capture(["git", "-C", this.at(repository), "config", "uploadpack.allowAnySHA1InWant", "true"]);
  }
}
