import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { excuses } from "../../agent/notify/watch";
import { servicesOf } from "../../components/services";
import { service, type ServiceList } from "../../machine/tools";
import { HostTools } from "../support/hostTool";

const site = (name: string, ...domains: string[]) => ({ name, domains });
const blog = site("blog", "blog.example.org", "www.blog.example.org");

describe("what can be stopped and started by itself", () => {
  it("goes by its domain and its name, and modules by what they are", () => {
    assert.deepEqual(servicesOf({ sites: [blog, site("a.org", "a.org")], mysql: true }), [
      { owner: "gateway", domain: "-", names: ["nginx"] },
      { owner: "mysql", domain: "-", names: ["mysql", "mariadb"] },
      { owner: "blog", domain: "blog.example.org", names: ["blog.example.org", "blog"] },
      { owner: "a.org", domain: "a.org", names: ["a.org"] },
    ]);
  });

  it("explains what is wrong with a site while it is away, and what it needs", () => {
    const off = (...names: string[]) => new Set(names);
    const hello = { name: "hello", database: false };
    assert.ok(excuses(off("hello"), hello));
    assert.ok(excuses(off("gateway"), hello));
    assert.ok(excuses(off("mysql"), { name: "blog", database: true }));
    assert.ok(!excuses(off("mysql", "blog"), hello));
  });
});

describe("service", () => {
  let host: HostTools;
  const set = ["VARVOL_UNITS", "VARVOL_OTHER_UNITS", "VARVOL_RUN", "VARVOL_INIT"];
  const given: ServiceList = { label: "varvol/x", services: servicesOf({ sites: [blog], mysql: true }) };
  const write = (list = given) => host.call(service, { verb: "write" }, list);
  const units = () =>
    fs.readdirSync(path.join(host.root, "units")).filter((name) => name.endsWith(".service"));
  const started = () => fs.readdirSync(path.join(host.root, "units/multi-user.target.wants")).sort();
  const without = (prefix: string) => host.calls("docker").filter((line) => !line.startsWith(prefix));

  beforeEach(() => {
    host = new HostTools();
    process.env.VARVOL_UNITS = path.join(host.root, "units");
    process.env.VARVOL_OTHER_UNITS = path.join(host.root, "packages");
    process.env.VARVOL_RUN = path.join(host.root, "run");
    process.env.VARVOL_INIT = path.join(host.root, "init");
    for (const folder of ["units/x", "packages/x", "run/systemd/system/x"]) host.file(folder);
    for (const program of ["chown", "systemctl", "sleep"]) host.standIn(program, "");
    host.add("routes", `echo "$*" >> '${host.root}/routes.calls'`);
    host.standIn(
      "docker",
      `case "$*" in
        *--format*role=gateway*|*role=gateway*--format*) echo gate ;;
        *role=net*) echo net ;;
        *owner=gateway*) printf 'gate\\nnet\\n' ;;
        *owner=blog*role=web*) echo web ;;
        *owner=blog*) printf 'web\\nphp\\n' ;;
        *owner=*) ;;
        *varvol.role*net) echo net ;;
        *varvol.role*) echo other ;;
        *Name*) echo /blog-web ;;
        *curl*) printf 200 ;;
      esac`,
    );
  });
  afterEach(() => {
    for (const name of set) delete process.env[name];
    host.remove();
  });

  it("makes a unit of each, with its other names, that starts nothing again by itself", async () => {
    assert.equal(await write(), "");
    assert.deepEqual(units().sort(), [
      ...["blog.example.org.service", "blog.service", "mariadb.service", "mysql.service", "nginx.service"],
    ]);
    assert.equal(fs.readlinkSync(path.join(host.root, "units/blog.service")), "blog.example.org.service");
    const text = host.read("units/blog.example.org.service");
    assert.match(text, /^After=docker\.service$/m);
    assert.doesNotMatch(text, /^(Requires|BindsTo|PartOf)=/m);
    assert.match(text, /^ExecStop=\S+\/service end blog %n$/m);
    assert.match(host.read("units/nginx.service"), /^ExecReload=/m);
    assert.deepEqual(started(), ["blog.example.org.service", "mysql.service", "nginx.service"]);
    const calls = host.calls("systemctl");
    assert.equal(calls.filter((line) => line === "daemon-reload").length, 1);
    await write();
    assert.equal(host.calls("systemctl").filter((line) => line === "daemon-reload").length, 1);
  });

  it("leaves a name to whoever else has it, also one that comes later, and says so", async () => {
    host.file("units/mysql.service", "[Unit]\n");
    host.file("packages/blog.example.org.service", "[Unit]\n");
    host.file("init/nginx");
    assert.equal(await write(), "gateway nginx\nmysql mysql\nblog blog.example.org\n");
    assert.deepEqual(units().sort(), ["blog.service", "mariadb.service", "mysql.service"]);
    assert.equal(host.read("units/mysql.service"), "[Unit]\n");
    host.file("packages/mariadb.service", "[Unit]\n");
    assert.match(await host.call(service, { verb: "apply" }), /^mysql mariadb$/m);
    assert.deepEqual(units().sort(), ["blog.service", "mysql.service"]);
    assert.deepEqual(started(), ["blog.service"]);
  });

  it("gives a name to the first that asks for it", async () => {
    const services = servicesOf({ sites: [site("nginx", "a.example.org")], mysql: false });
    assert.equal(await write({ ...given, services }), "nginx nginx\n");
    assert.match(host.read("units/nginx.service"), /follow gateway$/m);
  });

  it("takes the units of what is gone or goes by another name, and stops nothing for it", async () => {
    await write();
    await write({
      ...given,
      services: servicesOf({ sites: [site("blog", "new.example.org")], mysql: false }),
    });
    assert.deepEqual(units().sort(), ["blog.service", "new.example.org.service", "nginx.service"]);
    assert.equal(fs.readlinkSync(path.join(host.root, "units/blog.service")), "new.example.org.service");
    const calls = host.calls("systemctl");
    assert.ok(calls.includes("kill blog.example.org.service"));
    assert.ok(calls.every((line) => !line.startsWith("stop")));
    await host.call(service, { verb: "remove" });
    assert.deepEqual(units(), []);
    assert.deepEqual(started(), []);
  });

  it("makes none where there is no systemd, and can stop and start there all the same", async () => {
    fs.rmSync(path.join(host.root, "run/systemd"), { recursive: true });
    assert.equal(await write(), "");
    assert.deepEqual(units(), []);
    await host.call(service, { verb: "stop", owner: "blog" });
    assert.ok(host.has(".varvol/off/blog"));
    assert.deepEqual(host.calls("systemctl"), []);
  });

  it("tells visitors before it stops a site, and serves it once it answers again", async () => {
    await write();
    await host.call(service, { verb: "stop", owner: "blog" });
    assert.match(host.read(".varvol/off/blog"), /^\d+\n$/);
    assert.equal(host.read("routes.calls"), "again gate\n");
    assert.deepEqual(
      without("ps").filter((line) => line.startsWith("stop")),
      ["stop web php"],
    );
    assert.deepEqual(started(), ["mysql.service", "nginx.service"]);
    assert.ok(host.calls("systemctl").includes("stop blog.example.org.service"));
    await host.call(service, { verb: "start", owner: "blog" });
    assert.ok(!host.has(".varvol/off/blog"));
    assert.ok(host.calls("docker").includes("start web php"));
    assert.deepEqual(started(), ["blog.example.org.service", "mysql.service", "nginx.service"]);
    assert.equal(host.read("routes.calls"), "again gate\nagain gate\n");
  });

  it("starts one that was not stopped, or that there is not, never", async () => {
    await write();
    await host.call(service, { verb: "start", owner: "blog" });
    assert.ok(!host.calls("docker").some((line) => line.startsWith("start")));
    await assert.rejects(host.call(service, { verb: "stop", owner: "shop" }), /there is no shop here/);
  });

  it("stops what holds the gateway's sockets after it, and starts it before", async () => {
    await write();
    await host.call(service, { verb: "stop", owner: "gateway" });
    await host.call(service, { verb: "start", owner: "gateway" });
    assert.deepEqual(
      host.calls("docker").filter((line) => /^(stop|start)/.test(line)),
      ["stop gate", "stop net", "start net", "start gate"],
    );
  });

  describe("by a unit", () => {
    const end = async (state: string, job: string, owner = "blog") => {
      host.standIn(
        "systemctl",
        `case $1 in is-system-running) echo ${state} ;; list-jobs) echo '7 u ${job} running' ;; esac`,
      );
      assert.equal((await host.run("service", ["end", owner, "u"])).code, 0);
      return host.has(`.varvol/off/${owner}`);
    };
    beforeEach(async () => void (await write()));

    it("stops on purpose where somebody asks for it", async () => assert.ok(await end("running", "stop")));
    it("does so for the time of a restart", async () => assert.ok(await end("degraded", "restart")));
    it("does nothing while the machine goes down", async () => assert.ok(!(await end("stopping", "stop"))));
    it("does nothing where its process has ended", async () => assert.ok(!(await end("running", ""))));
    it("has no visitor refused where the gateway is started anew", async () => {
      assert.ok(!(await end("running", "restart", "gateway")));
      assert.ok(!host.calls("docker").some((line) => line.startsWith("stop")));
    });
  });

  it("stops again what runs although it was stopped, and forgets what is no more", async () => {
    await write();
    host.file(".varvol/off/blog", "1700000000\n");
    assert.equal(await host.call(service, { verb: "keep" }), "blog\n");
    assert.equal(host.read(".varvol/off/blog"), "1700000000\n");
    host.file(".varvol/off/shop", "1700000000\n");
    await write();
    assert.deepEqual(fs.readdirSync(path.join(host.root, ".varvol/off")), ["blog"]);
  });
});
