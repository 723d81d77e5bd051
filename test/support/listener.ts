import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { bridgeAddress } from "./docker";

/** A web server that keeps what it is told, at an address that containers reach. */
export class Listener {
  readonly bodies: string[] = [];

  private constructor(
    private readonly server: http.Server,
    private readonly address: string,
  ) {
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        this.bodies.push(body);
        response.end();
      });
    });
  }

  static async start(): Promise<Listener> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    return new Listener(server, await bridgeAddress());
  }

  get url(): string {
    return `http://${this.address}:${(this.server.address() as AddressInfo).port}/secret-path`;
  }

  stop(): void {
    this.server.close();
  }
}
