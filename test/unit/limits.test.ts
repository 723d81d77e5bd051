import assert from "node:assert/strict";
import { gatewayConf, vhostConf } from "../../components/gateway/nginx";
import { PHP_DEFAULTS, phpEnv, queueWait, timesOf } from "../../components/sites/phpLimits";
import { phpConf } from "../../components/sites/phpNginx";
import { wordpressConf } from "../../components/sites/wordpressNginx";
import { timeLimits } from "../../components/timeLimits";
import { resolveConfig } from "../../stacks/config";
import { checkConfig, ConfigError } from "../../stacks/problems";

const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };

function checked(keys: Record<string, unknown>, host: Record<string, unknown> = {}) {
  return checkConfig("x", { kind: "local", ...host, sites: [{ ...blog, ...keys }] });
}

function problem(keys: Record<string, unknown>): string {
  try {
    checked(keys);
    return "";
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.join("\n");
  }
}

const secondsOf = (text: string, directive: string): number =>
  Number(new RegExp(`\\b${directive} (\\d+)s;`).exec(text)?.[1]);

describe("what PHP may take", () => {
  it("is as ever where a site says nothing", () => {
    const php = { ...PHP_DEFAULTS, workers: 4 };
    assert.deepEqual(phpEnv(php), { UPLOAD_MAX: "64M", PHP_WORKERS: "4" });
    assert.deepEqual(queueWait(timesOf(php)), {});
    const vhost = { site: "x", domains: ["x.localhost"], upstream: "x-web-1", cacheable: false };
    assert.equal(vhostConf({ ...vhost, uploads: php.uploads, times: timesOf(php) }), vhostConf(vhost));
  });

  for (const seconds of [30, 600])
    it(`takes ${seconds} seconds of a request, and whoever waits for it waits longer`, () => {
      const times = timeLimits(seconds);
      const env = phpEnv({ ...PHP_DEFAULTS, workers: 4, time: seconds });
      assert.deepEqual([env.PHP_TIME, env.PHP_DRAIN], [`${seconds}s`, `${seconds + 5}s`]);
      assert.match(env.PHP_INI ?? "", new RegExp(`^max_execution_time = "${seconds}"$`, "m"));
      const vhost = vhostConf({
        site: "x",
        domains: ["x.localhost"],
        upstream: "y",
        cacheable: false,
        times,
      });
      const { sites, ...config } = resolveConfig("x", checked({ php: { time: `${seconds}s` } }));
      assert.equal(sites.length, 1);
      const gateway = gatewayConf({ workers: 1, ...config });
      for (const web of [wordpressConf({ times }), phpConf({ root: "/srv/site", writable: [], times })]) {
        const chain = [
          seconds,
          times.phpDrain,
          secondsOf(web, "fastcgi_read_timeout"),
          secondsOf(vhost, "proxy_read_timeout"),
          secondsOf(web, "worker_shutdown_timeout"),
          times.grace,
        ];
        assert.deepEqual(
          chain,
          [...chain].sort((a, b) => a - b),
        );
        assert.equal(new Set(chain).size, chain.length, chain.join());
      }
      // One gateway serves all sites.
      assert.ok(secondsOf(gateway, "worker_shutdown_timeout") >= secondsOf(vhost, "proxy_read_timeout"));
      assert.ok(secondsOf(gateway, "worker_shutdown_timeout") >= 140);
    });

  it("lets an upload of the allowed size through each nginx and PHP", () => {
    const vhost = vhostConf({ site: "x", domains: ["x"], upstream: "y", cacheable: false, uploads: 300 });
    for (const text of [
      vhost,
      wordpressConf({ uploads: 300 }),
      phpConf({ root: "/", writable: [], uploads: 300 }),
    ])
      assert.match(text, /client_max_body_size 301m;/);
    assert.equal(phpEnv({ ...PHP_DEFAULTS, workers: 1, uploads: 300 }).UPLOAD_MAX, "300M");
  });

  it("has settings of php.ini's, but those of another key and those that keep a site in its place", () => {
    assert.equal(problem({ php: { ini: { max_input_vars: 5000, "date.timezone": "Europe/Prague" } } }), "");
    const env = phpEnv({ ...PHP_DEFAULTS, workers: 1, ini: { max_input_vars: "5000" } });
    assert.equal(env.PHP_INI, 'max_input_vars = "5000"');
    for (const [name, key] of [
      ["memory_limit", "php.memory"],
      ["upload_max_filesize", "php.uploads"],
      ["POST_MAX_SIZE", "php.uploads"],
      ["max_execution_time", "php.time"],
    ] as const)
      assert.ok(problem({ php: { ini: { [name]: "1" } } }).includes(`belongs to ${key},`), name);
    for (const name of ["auto_prepend_file", "sendmail_path", "user_ini.filename", "display_errors"])
      assert.match(problem({ php: { ini: { [name]: "1" } } }), /php\.ini\.\S+: "1" is Varvol's own/, name);
    for (const name of ["a b", "a\nb", "[www]", "a=b", ""])
      assert.match(problem({ php: { ini: { [name]: "1" } } }), /is no name of a setting/, name);
    for (const value of ['x"', "x\ny", "${DB_PASSWORD}", "x\\"])
      assert.match(problem({ php: { ini: { "date.timezone": value } } }), /must be a line without/, value);
  });

  it("is refused where keys contradict each other", () => {
    assert.match(problem({ php: { memory: 512 } }), /php\.memory: 512 .*set memory to at least 576/);
    assert.equal(problem({ memory: 640, php: { memory: 512 } }), "");
    assert.match(problem({ php: { workers: 64 } }), /php\.workers: 64 .*set memory to at least 1088/);
    const many = Array.from({ length: 10 }, (_, i) => ({
      ...{ ...blog, name: `blog${i}`, domains: [`${i}.localhost`], memory: 2048 },
      ...(i === 0 && { php: { workers: 40 } }),
    }));
    assert.throws(
      () => checkConfig("x", { kind: "local", sites: many }),
      /sites\[0\]\.php\.workers: 40 is more than MySQL has connections for a site of 10, 24/,
    );
    assert.match(problem({ php: { time: "2h" } }), /php\.time: .*at most 1h/);
    assert.match(problem({ php: { uploads: 9000 } }), /php\.uploads/);
    assert.match(problem({ php: { threads: 3 } }), /php\.threads: is not a key/);
  });
});
