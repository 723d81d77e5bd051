// Chromium in a network of its own: node browserNetwork.cjs SOCKET PORT ARGUMENT…
// Each connection to the port is handed on to the socket file, which is the same file in all networks.
const { spawn } = require("node:child_process");
const { connect, createServer } = require("node:net");

const [socket, port, ...args] = process.argv.slice(2);

const relay = createServer((from) => {
  const to = connect(socket);
  from.on("error", () => to.destroy()).pipe(to);
  to.on("error", () => from.destroy()).pipe(from);
});
relay.listen(Number(port), "127.0.0.1", () => {
  // Playwright talks to it over the descriptors 3 and 4.
  const browser = spawn("/usr/bin/chromium", args, { stdio: ["inherit", "inherit", "inherit", 3, 4] });
  browser.on("exit", (code) => process.exit(code ?? 1));
});
