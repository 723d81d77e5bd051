import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { quote } from "../../base/quoting";

const PORT = 1080;
const RELAY = path.join(__dirname, "browserNetwork.cjs");

/**
 * A network in which nothing changes while tests beside make and remove docker's: Chromium gives up what it loads
 * whenever an address comes or goes (ERR_NETWORK_CHANGED), and has no option against it. What it asks for goes to the
 * test by SOCKS, over a socket file, and from there to this machine.
 */
export class BrowserNetwork {
  readonly proxy = `socks5://127.0.0.1:${PORT}`;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-browser-"));
  private readonly server = net.createServer(serve);
  /** The command that starts Chromium in it. */
  readonly command = path.join(this.folder, "chromium");

  async open(): Promise<this> {
    const socket = path.join(this.folder, "socks");
    await new Promise<void>((resolve) => this.server.listen(socket, resolve));
    const relay = [process.execPath, RELAY, socket, String(PORT)].map(quote).join(" ");
    const inside = `ip link set lo up && exec ${relay} "$@"`;
    const script = `#!/bin/sh\nexec unshare --net -- sh -c ${quote(inside)} sh "$@"\n`;
    fs.writeFileSync(this.command, script, { mode: 0o755 });
    return this;
  }

  close(): void {
    this.server.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The part of SOCKS 5 (RFC 1928) that Chromium speaks: no login, CONNECT; every name is this machine's. */
function serve(socket: net.Socket): void {
  socket.on("error", () => socket.destroy());
  socket.once("data", () => {
    socket.write(Buffer.from([5, 0]));
    socket.once("data", (request: Buffer) => {
      const to = net.connect(request.readUInt16BE(request.length - 2), "127.0.0.1", () => {
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        socket.pipe(to).pipe(socket);
      });
      to.on("error", () => socket.destroy());
      socket.on("close", () => to.destroy());
    });
  });
}
