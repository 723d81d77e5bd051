import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { freshPage } from "../../support/busySite";
import { execIn } from "../../support/docker";
import { raw, rawHttp2, resetStreams, statusesOf } from "../../support/raw";
import type { TestHost } from "../../support/testHost";

const ONE = "one.localhost";
const TWO = "two.localhost";
const COUNTED = "/wp-content/counted.php";
/** Writes down what PHP was asked for, and says it. */
const COUNTER = `<?php $asked = "$_SERVER[REQUEST_METHOD] $_SERVER[QUERY_STRING]";
file_put_contents(__DIR__ . '/uploads/counted', "$asked\\n", FILE_APPEND | LOCK_EX); echo "<$asked>";`;
/** A request that hides in the body of another. */
const HIDDEN = `GET ${COUNTED}?hidden HTTP/1.1\r\nHost: ${TWO}\r\n\r\n`;

interface Vector {
  readonly headers: string;
  readonly body: string;
  readonly method?: string;
  readonly version?: string;
  /** What an unambiguous one is answered with; others are refused. */
  readonly accepted?: true;
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const whole = `Content-Length: ${HIDDEN.length}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const transfer = (line: string): Vector => ({ headers: `${whole}${line}\r\n`, body: HIDDEN });
const length = (value: string): Vector => ({ headers: `Content-Length: ${value}\r\n`, body: HIDDEN });
const chunks = (body: string, accepted?: true): Vector => ({
  headers: CHUNKED,
  body,
  ...(accepted && { accepted }),
});

// https://portswigger.net/web-security/request-smuggling, defparam/smuggler
const SMUGGLED: Readonly<Record<string, Vector>> = {
  "CL.TE": { headers: `Content-Length: ${5 + HIDDEN.length}\r\n${CHUNKED}`, body: `0\r\n\r\n${HIDDEN}` },
  "TE.CL": { headers: `${CHUNKED}Content-Length: 4\r\n`, body: chunk(HIDDEN) },
  "CL 0 and TE": { headers: `Content-Length: 0\r\n${CHUNKED}`, body: chunk(HIDDEN) },
  xchunked: transfer("Transfer-Encoding: xchunked"),
  "a space before the colon": transfer("Transfer-Encoding : chunked"),
  "a folded line": transfer("X: y\r\n Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n chunked"),
  "a tab before chunked": transfer("Transfer-Encoding:\tchunked"),
  "a vertical tab": transfer("Transfer-Encoding: \x0bchunked"),
  "TE twice": { headers: `${CHUNKED}Transfer-Encoding: identity\r\n`, body: chunk(HIDDEN) },
  identity: transfer("Transfer-Encoding: identity"),
  "chunked, identity": { headers: "Transfer-Encoding: chunked, identity\r\n", body: chunk(HIDDEN) },
  "chunked in HTTP/1.0": { headers: CHUNKED, body: chunk(HIDDEN), version: "1.0" },
  "two lengths": { headers: `${whole}Content-Length: 0\r\n`, body: HIDDEN },
  "two lengths in one": length(`${HIDDEN.length}, 0`),
  "a length with a sign": length(`+${HIDDEN.length}`),
  "a length in hexadecimal": length(`0x${HIDDEN.length.toString(16)}`),
  "a negative length": length("-1"),
  "a negative chunk": chunks(`-1\r\n${HIDDEN}`),
  "a chunk beyond 64 bits": chunks(`10000000000000005\r\n${HIDDEN}0\r\n\r\n`),
  "a chunk's length in hexadecimal of C": chunks(`0x5\r\nabcde\r\n0\r\n\r\n`),
  "garbage behind a chunk": chunks(`3\r\nabcde\r\n0\r\n\r\n`),
  "a header without a colon": { headers: `${whole}Transfer-Encoding\r\n`, body: HIDDEN },
  "a null in a header": { headers: `${whole}X: a\0b\r\n`, body: HIDDEN },
  "a body of GET": { headers: whole, body: HIDDEN, method: "GET", accepted: true },
  "a body as it should be": { headers: whole, body: HIDDEN, accepted: true },
  "chunks as they should be": chunks(chunk(HIDDEN), true),
  "a chunk's extension": chunks(`5;a="b\r\nabcde\r\n0\r\n\r\n`, true),
};

/** What visitors send that no browser does. The sites are `one` and `two`. */
export function edgeCases(host: TestHost): void {
  const uploads = (site: string) => path.join(host.root, site, "content/uploads");
  const put = (site: string, name: string, text: string) => {
    const file = path.join(host.root, site, "content", name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: 0o644 });
  };

  before(() => {
    for (const site of ["one", "two"]) {
      fs.mkdirSync(uploads(site), { recursive: true });
      fs.chownSync(uploads(site), 33, 33);
      put(site, "uploads/who.txt", `this is ${site}`);
      put(site, "counted.php", COUNTER);
    }
  });

  describe("SEC-10: a request whose host is none, or in doubt", () => {
    const ask = (hosts: string, target = "/wp-content/uploads/who.txt", version = "1.1") =>
      raw(host.http, `GET ${target} HTTP/${version}\r\n${hosts}Connection: close\r\n\r\n`);
    const REFUSED = {
      none: "",
      "an empty one": "Host: \r\n",
      two: `Host: ${ONE}\r\nHost: ${TWO}\r\n`,
      "an address": "Host: 127.0.0.1\r\n",
      "an address of IPv6": "Host: [::1]\r\n",
      "a name of the host's own containers": "Host: one-web\r\n",
      "a name with an underscore": "Host: one_localhost\r\n",
      "a name with a letter that is no ASCII": "Host: \xf6ne.localhost\r\n",
      "a site as a user of another name": `Host: ${ONE}@evil.example\r\n`,
      "another name as a user of a site": `Host: evil.example@${ONE}\r\n`,
      "a path in it": `Host: ${ONE}/${TWO}\r\n`,
      "two in one": `Host: ${ONE}, ${TWO}\r\n`,
      "a null in it": `Host: ${ONE}\0.evil.example\r\n`,
    };
    for (const [what, hosts] of Object.entries(REFUSED))
      it(`is nobody's: ${what}`, async () => {
        assert.match(await ask(`Host: ${ONE}\r\n`), /this is one$/);
        const answer = await ask(hosts);
        assert.doesNotMatch(answer, /this is/);
        assert.ok(["", "400"].includes(statusesOf(answer).join()), answer);
      });

    it("has no answer from a program without one either", async () => {
      assert.equal(await ask("", undefined, "1.0"), "");
    });

    const TAKEN = {
      "in capitals": "ONE.LocalHost",
      "with a dot behind it": `${ONE}.`,
      "with a port that is none": `${ONE}:99999`,
      "with another site for a port": `${ONE}:@${TWO}`,
    };
    for (const [what, name] of Object.entries(TAKEN))
      it(`is the site's own, and its pages say so: ${what}`, async () => {
        assert.match(await ask(`Host: ${name}\r\n`), /this is one$/);
        const page = await ask(`Host: ${name}\r\n`, `/?host=${encodeURIComponent(name)}`);
        assert.deepEqual(statusesOf(page), [200]);
        const links = [...page.matchAll(/https?:\/\/([^/"'\s<&]*localhost[^/"'\s<&]*)/gi)].map(
          ([, at]) => at,
        );
        assert.deepEqual([...new Set(links)], [ONE]);
      });

    it("is that of the address where both are said, and that of TLS where that is another's", async () => {
      assert.match(await ask(`Host: ${ONE}\r\n`, `http://${TWO}/wp-content/uploads/who.txt`), /this is two$/);
      const { status } = await host.get(TWO, "/", { tls: true, servername: ONE });
      assert.equal(status, 421);
    });
  });

  describe("SEC-11: a request in the body of another", () => {
    const counted = (site: string) => {
      const file = path.join(uploads(site), "counted");
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];
    };
    for (const [i, [what, vector]] of Object.entries(SMUGGLED).entries())
      it(`is none: ${what}`, async () => {
        const { headers, body, method = "POST", version = "1.1", accepted } = vector;
        const next = `GET ${COUNTED}?next-${i} HTTP/1.1\r\nHost: ${ONE}\r\nConnection: close\r\n\r\n`;
        const first = `${method} ${COUNTED}?first-${i} HTTP/${version}\r\nHost: ${ONE}\r\n${headers}\r\n${body}`;
        const began = performance.now();
        const answer = await raw(host.http, first + next);
        assert.ok(performance.now() - began < 5000);
        const asked = counted("one").filter((line) => new RegExp(`-${i}$`).test(line));
        if (accepted) {
          assert.deepEqual(statusesOf(answer), [200, 200], answer);
          assert.deepEqual(asked, [`${method} first-${i}`, `GET next-${i}`]);
          assert.match(answer, new RegExp(`<${method} first-${i}>[^]*<GET next-${i}>`), "each has its own");
        } else {
          assert.match(statusesOf(answer).join(), /^(?:400|501)$/, answer);
          assert.deepEqual(asked, []);
        }
        assert.doesNotMatch([...counted("one"), ...counted("two")].join(), /hidden/);
      });

    it("is none by HTTP/2 either, whose headers would end those of HTTP/1", async () => {
      const lines: (readonly [string, string])[][] = [
        [["transfer-encoding", "chunked"]],
        [["content-length", "0"]],
        [["x", `a\r\nTransfer-Encoding: chunked`]],
        [["x\r\ntransfer-encoding", "chunked"]],
        [["x: y\r\nhost", TWO]],
        [["connection", "transfer-encoding"]],
      ];
      for (const [i, more] of lines.entries()) {
        await rawHttp2(
          host.https,
          ONE,
          [
            ...([
              [":method", "POST"],
              [":path", `${COUNTED}?second-${i}`],
              [":scheme", "https"],
              [":authority", ONE],
            ] as const),
            ...more,
          ],
          `0\r\n\r\n${HIDDEN}`,
        );
        const times = counted("one").filter((line) => line.endsWith(`second-${i}`)).length;
        assert.ok(times <= 1, `${String(more)}: ${times}`);
      }
      assert.doesNotMatch([...counted("one"), ...counted("two")].join(), /hidden/);
      const well = [":method", "GET", ":path", `${COUNTED}?well`, ":scheme", "https", ":authority", ONE];
      const pairs = well.flatMap((name, at) => (at % 2 === 0 ? [[name, well[at + 1] ?? ""] as const] : []));
      await rawHttp2(host.https, ONE, pairs);
      assert.ok(counted("one").includes("GET well"), "a request as it should be is answered");
    });
  });

  it("SEC-12: visitors who are slow, of headers or bodies, take nothing from others and are sent away", async () => {
    const head = `GET / HTTP/1.1\r\nHost: ${ONE}\r\n`;
    const body = `POST /?slow HTTP/1.1\r\nHost: ${ONE}\r\nContent-Length: 100000\r\n\r\n`;
    const began = performance.now();
    const lasted: number[] = [];
    const sockets = Array.from({ length: 400 }, (_, i) => {
      const socket = net.connect(host.http, "127.0.0.1", () => socket.write(i % 2 === 0 ? head : body));
      socket.on("error", () => undefined);
      socket.on("data", () => undefined);
      if (i % 2 === 0) socket.once("close", () => lasted.push(performance.now() - began));
      return socket;
    });
    const dribble = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write("x");
    }, 500);
    try {
      for (let i = 0; i < 8; i++) {
        await sleep(900);
        const { status, took } = await freshPage(host, ONE);
        assert.equal(status, 200);
        assert.ok(took < 3000, `a page of PHP's took ${took} ms`);
      }
    } finally {
      clearInterval(dribble);
      sockets.forEach((socket) => socket.destroy());
    }
    assert.equal(lasted.length, 200, "whoever dribbles headers is sent away");
    assert.ok(Math.max(...lasted) < 8000, `after ${Math.max(...lasted)} ms`);
  });

  describe("SEC-13: what is beyond limits", () => {
    it("is refused before it has come: a body of 10 GB", async () => {
      const answer = await raw(
        host.http,
        `POST / HTTP/1.1\r\nHost: ${ONE}\r\nContent-Length: 10000000000\r\n\r\n`,
      );
      assert.deepEqual(statusesOf(answer), [413]);
      assert.deepEqual(
        statusesOf(await raw(host.http, `GET /${"x".repeat(40_000)} HTTP/1.1\r\nHost: ${ONE}\r\n\r\n`)),
        [414],
      );
    });

    it("makes no large answer: thousands of ranges", async () => {
      put("one", "uploads/large.bin", "x".repeat(200_000));
      for (const one of ["0-", "0-0", "-1"]) {
        const headers = { range: `bytes=${Array.from({ length: 6000 }, () => one).join()}` };
        const { status, sent } = await host.get(ONE, "/wp-content/uploads/large.bin", { headers });
        assert.ok([200, 206, 416].includes(status), String(status));
        assert.ok(sent.length < 1_500_000, `${one}: ${sent.length} bytes`);
      }
    });

    it("holds up nobody: streams that are given up at once, by the thousand", async () => {
      const gateway = await host.container("gateway/gateway");
      const list = ["sh", "-c", "grep -la 'worker proces[s]' /proc/[0-9]*/cmdline | sort"];
      const before = (await execIn(gateway, list)).stdout;
      const given = Promise.all(Array.from({ length: 4 }, () => resetStreams(host.https, ONE, 2000)));
      const pages = [];
      for (let i = 0; i < 5; i++) pages.push(await freshPage(host, TWO));
      await given;
      assert.deepEqual(
        pages.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
      assert.equal((await execIn(gateway, list)).stdout, before);
      assert.equal((await freshPage(host, ONE)).status, 200);
    });
  });

  it("SEC-15: what is uploaded doesn't run, and no source, past or list of users is to be had", async () => {
    const code = "<?php echo 'it ' . 'runs';";
    const named = ["x.php", "x.phtml", "x.php7", "x.pht", "x.phar", "x.PHP", "x.php.jpg", "x.jpg"];
    for (const name of named) put("two", `uploads/${name}`, code);
    const targets = [
      ...named.map((name) => `/wp-content/uploads/${name}`),
      ...[
        "x.jpg/x.php",
        "x.jpg/.php",
        "x.jpg%00.php",
        "x.jpg%0a.php",
        "x.php/",
        "x.php%20",
        "./x.php",
        "x.php/x.jpg",
      ].map((name) => `/wp-content/uploads/${name}`),
    ];
    for (const target of targets) {
      const { status, body } = await host.get(TWO, target);
      assert.doesNotMatch(body, /it runs/, target);
      // A picture is given as what it is.
      if (!/\/x\.(?:php\.)?jpg$/.test(target))
        assert.ok([301, 400, 404].includes(status), `${target}: ${status}`);
    }
    const sources = ["wp-config.php", "wp-config.php.bak", "wp-config.php~", "dump.sql", ".git/HEAD", ".env"];
    const others = [
      "readme.html",
      "license.txt",
      "xmlrpc.php",
      "wp-content/debug.log",
      "wp-includes/version.php",
    ];
    for (const name of [...sources, ...others]) {
      const { status, body } = await host.get(TWO, `/${name}`);
      assert.equal(status, 404, name);
      assert.doesNotMatch(body, /DB_NAME|wp_version|WordPress [67]\./, name);
    }
  });
}
