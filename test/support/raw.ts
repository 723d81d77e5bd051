import * as http2 from "node:http2";
import * as net from "node:net";
import * as tls from "node:tls";

/** All that comes back for bytes that no client of HTTP would send, until the connection ends or nothing has come for so long. */
export function exchange(socket: net.Socket, bytes: string | Buffer, patience = 3000): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const end = () => {
      socket.destroy();
      resolve(got);
    };
    socket.on("data", (chunk: Buffer) => (got += chunk.toString("latin1")));
    socket.once("close", end).once("error", end);
    socket.setTimeout(patience, end);
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  });
}

export function raw(port: number, bytes: string, patience?: number): Promise<string> {
  return exchange(net.connect(port, "127.0.0.1"), bytes, patience);
}

/** The status of each answer in what has come back. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
}

/** What a server makes of a request by HTTP/2 whose headers are written as they are given. */
export function rawHttp2(
  port: number,
  servername: string,
  headers: readonly (readonly [string, string])[],
  body = "",
): Promise<string> {
  const socket = tls.connect({
    ...{ host: "127.0.0.1", port, servername, rejectUnauthorized: false, ALPNProtocols: ["h2"] },
  });
  const fields = headers.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)]));
  const bytes = [
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, body === "" ? 5 : 4, 1, Buffer.concat(fields)),
    ...(body === "" ? [] : [frame(0, 1, 1, Buffer.from(body))]),
  ];
  return exchange(socket, Buffer.concat(bytes), 2000);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length > 126) throw new Error("HPACK has such a length in more than a byte");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Asks for so many files by one connection and gives each up at once. */
export function resetStreams(port: number, authority: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, servername: authority };
    const client = http2.connect(`https://127.0.0.1:${port}`, options);
    const done = () => {
      client.destroy();
      resolve();
    };
    client.once("error", done).once("close", done);
    client.once("connect", () => {
      for (let i = 0; i < count && !client.destroyed && !client.closed; i++) {
        const stream = client.request({
          ":path": `/wp-includes/css/buttons.css?${i}`,
          ":authority": authority,
        });
        stream.on("error", () => undefined);
        stream.close(http2.constants.NGHTTP2_CANCEL);
      }
      setTimeout(done, 1000);
    });
  });
}
