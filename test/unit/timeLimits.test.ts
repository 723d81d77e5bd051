import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gatewayConf } from "../../components/gateway/nginx";
import { staticConf } from "../../components/sites/nginx";
import { phpConf } from "../../components/sites/phpNginx";
import { wordpressConf } from "../../components/sites/wordpressNginx";
import { TIME_LIMITS } from "../../components/timeLimits";

describe("time limits", () => {
  const { request, phpDrain, webRead, gatewayRead, drain, grace } = TIME_LIMITS;

  it("are longer for whoever waits than for what is waited for", () => {
    const inOrder = [request, phpDrain, webRead, gatewayRead, drain, grace];
    inOrder.slice(1).forEach((limit, i) => assert.ok(limit > (inOrder[i] ?? 0), `${inOrder[i]} < ${limit}`));
  });

  it("are those of nginx", () => {
    const gateway = gatewayConf({ workers: 1, accessLog: "none", http: 80, https: 443 });
    assert.match(gateway, new RegExp(`\\bproxy_read_timeout ${gatewayRead}s;`));
    const wordpress = wordpressConf({ uploadLimit: "64M" });
    const php = phpConf({ root: "/srv/site", writable: [], uploadLimit: "64M" });
    for (const conf of [wordpress, php])
      assert.match(conf, new RegExp(`\\bfastcgi_read_timeout ${webRead}s;`));
    for (const conf of [gateway, wordpress, php, staticConf("/srv/site")])
      assert.match(conf, new RegExp(`^worker_shutdown_timeout ${drain}s;`, "m"));
  });

  it("are those of php-fpm and of the tool that switches to a new one", () => {
    for (const image of ["wordpress", "php"]) {
      const fpm = readFileSync(`images/${image}/fpm.conf`, "utf8");
      assert.match(fpm, new RegExp(`^request_terminate_timeout = ${request}s$`, "m"));
      assert.match(fpm, new RegExp(`^process_control_timeout = ${phpDrain}s$`, "m"));
    }
    assert.match(readFileSync("host/php-switch", "utf8"), new RegExp(`date \\+%s\\) \\+ ${drain}\\)`));
  });
});
