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
    const wordpress = wordpressConf({});
    const php = phpConf({ root: "/srv/site", writable: [] });
    for (const conf of [wordpress, php])
      assert.match(conf, new RegExp(`\\bfastcgi_read_timeout ${webRead}s;`));
    for (const conf of [gateway, wordpress, php, staticConf("/srv/site", [])])
      assert.match(conf, new RegExp(`^worker_shutdown_timeout ${drain}s;`, "m"));
  });

  it("are those of php-fpm and of the tool that switches to a new one", () => {
    for (const image of ["wordpress", "php"]) {
      const fpm = readFileSync(`images/${image}/fpm.conf`, "utf8");
      assert.match(fpm, /^request_terminate_timeout = \$\{PHP_TIME\}$/m);
      assert.match(fpm, /^process_control_timeout = \$\{PHP_DRAIN\}$/m);
      const start = readFileSync(`images/${image}/php`, "utf8");
      assert.ok(
        start.includes(`PHP_TIME="\${PHP_TIME:-${request}s}" PHP_DRAIN="\${PHP_DRAIN:-${phpDrain}s}"`),
      );
    }
    assert.match(readFileSync("host/php-switch", "utf8"), new RegExp(`wait=\\$\\{3:-${drain}\\}`));
  });
});
