import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import type { Schedule } from "../../../agent/protocol";
import { attempt, capture, type Result } from "../../../base/exec";
import { paths } from "../../../base/paths";
import { Archive } from "../../support/archive";
import { remove } from "../../support/cleanUp";
import { CommandLines } from "../../support/commandLines";
import { runPhp } from "../../support/docker";
import { Listener } from "../../support/listener";
import { processes } from "../../support/processes";
import { normalised } from "../../support/siteData";
import { TestHost } from "../../support/testHost";
import { TestMachine } from "../../support/testMachine";
import { until } from "../../support/until";

/** All of them, or as many as a landing has time for. */
export function archiveCases({ all }: { readonly all: boolean }): void {
  describe("a host that comes back on another machine, with its backups on this one", function () {
    const campaign: typeof it | (() => void) = all ? it : () => undefined;
    this.timeout(1_200_000);
    const lost = new TestHost("away", 18770);
    const back = new TestHost("back", 18774);
    const repository = path.join(lost.folder, "repository");
    const passwordFile = path.join(lost.folder, "password");
    const [hello, blog] = ["hello.localhost", "blog.localhost"];
    const inside = { http: lost.http, https: lost.https };
    const sites = [
      { name: "hello", kind: "static", domains: [hello], import: path.resolve("demo/hello") },
      { name: "blog", kind: "wordpress", domains: [blog], title: "A blog" },
    ];
    const mysql = `docker exec ${lost.namespace}mysql mariadb -N -B`;
    // Paths, modes, owners, times and hashes of the files; rows of the tables. The same on both machines.
    const data = `cd ${lost.root} && find hello/site blog/content -printf '%p %m %U:%G %T@ %l\\n' | sort
    find hello/site blog/content -type f -exec sha256sum {} + | sort
    for table in $(${mysql} -e "SELECT table_name FROM information_schema.tables WHERE table_schema = 'blog' ORDER BY 1"); do
      echo "$table $(${mysql} -e "SELECT COUNT(*) FROM blog.$table")"
    done`;
    const home = os.homedir();
    const archive = new Archive(repository, passwordFile, lost.namespace);
    let machine: TestMachine;
    let kept: { data: string; pages: string[] };
    let password: string;

    const pages = (host: TestHost) =>
      Promise.all(
        [
          [hello, "/"],
          [blog, "/"],
          [blog, "/?s=Post"],
        ].map(async ([domain = "", target]) => normalised((await host.get(domain, target)).body)),
      );

    before("a host here that was backed up and is gone, and a machine with docker alone", async () => {
      process.env.XDG_CACHE_HOME ??= path.join(home, ".cache");
      process.env.HOME = lost.folder;
      lost.configure(sites, {
        gateway: { ...inside, addresses: ["0.0.0.0"] },
        backup: { repository, every: "never", drill: "never" },
      });
      await lost.up();
      await runPhp(
        await lost.container("blog/php"),
        `require '/srv/wordpress/wp-load.php';
       for ($i = 0; $i < 20; $i++) wp_insert_post(['post_title' => "Post $i", 'post_content' => str_repeat('é😀', 500), 'post_status' => 'publish']);
       for ($i = 0; $i < 5; $i++) wp_upload_bits("file$i.txt", null, random_bytes(20000));`,
      );
      ({ password } = JSON.parse(await ok(lost.varvol("recovery-kit", "--json"))) as { password: string });
      fs.writeFileSync(passwordFile, password, { mode: 0o600 });
      await ok(lost.varvol("host-backup"));
      kept = { data: await capture(["sh", "-c", data]), pages: await pages(lost) };
      assert.match(kept.pages[2] ?? "", /Post 19/);
      remove({ namespace: lost.namespace, folder: lost.root });
      machine = await TestMachine.start(lost.folder, {
        ssh: 18772,
        http: back.http,
        https: back.https,
        inside,
        shared: [path.resolve("."), paths().cache, back.folder],
      });
      await machine.addUser();
    });

    after(async () => {
      process.env.HOME = home;
      await machine?.stop();
    });

    async function ok(result: Promise<Result>): Promise<string> {
      const { code, stdout, stderr } = await result;
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    }

    const restore = (...more: string[]) =>
      back.varvol(
        ...["host-restore", "--repository", repository, "--password-file", passwordFile, "--yes", ...more],
      );
    const to = () => {
      const { address, port, hostKey, privateKeyFile } = machine.host as Record<string, string>;
      return [
        "--to",
        `deploy@${address}:${port}`,
        "--host-key",
        hostKey ?? "",
        "--key",
        privateKeyFile ?? "",
      ];
    };
    const snapshots = async () =>
      JSON.parse(await ok(back.varvol("snapshots", "--json"))) as {
        site: string | null;
        run: string;
        complete: boolean;
      }[];
    const listRunning = "docker ps --filter label=varvol.host --format '{{.ID}} {{.Names}}' | sort";
    const running = () => machine.output(listRunning);
    const restics = () => machine.output("docker ps -aq --filter label=varvol.backup");
    const settings = `${lost.root}/.varvol/backup`;

    it("is not brought there by options that contradict each other, or to a machine without docker", async () => {
      const both = await restore(...to(), "--keep-config");
      assert.equal(both.code, 1);
      assert.match(both.stderr, /--to and --keep-config contradict each other/);
      await machine.output("systemctl stop docker.socket docker.service");
      const without = await restore(...to());
      await machine.output("systemctl start docker.service");
      assert.equal(without.code, 1);
      assert.match(without.stderr, /deploy@127\.0\.0\.1: docker does not answer/);
      assert.ok(!fs.existsSync(back.configFile));
    });

    it("is there by one command, with the same pages, files and rows", async () => {
      const began = Date.now();
      const restored = await restore(...to());
      assert.equal(restored.code, 0, restored.stdout + restored.stderr);
      process.stdout.write(`      restored in ${Math.round((Date.now() - began) / 1000)} s\n`);
      assert.equal(await machine.output(data), kept.data);
      assert.deepEqual(await pages(back), kept.pages);
      const { config } = parse(fs.readFileSync(back.configFile, "utf8")) as {
        config: { "varvol:host": { user: string; port: number } };
      };
      assert.equal(config["varvol:host"].user, "deploy");
      assert.match(await back.up(), /Nothing changed/);
    });

    it("is backed up to this machine, from which it is restored", async () => {
      const lines = new CommandLines();
      lines.watch();
      await ok(back.varvol("host-backup"));
      assert.ok(!lines.stop().includes(password));
      assert.equal(await machine.output(`ls ${repository} /tmp/varvol-*.sock 2>/dev/null || true`), "");
      const runs = await snapshots();
      assert.equal(runs.filter(({ complete }) => complete).length, 8);
      await machine.output(`echo broken > ${lost.root}/hello/site/index.html`);
      await ok(back.varvol("restore", "hello", "--yes"));
      assert.equal(await machine.output(data), kept.data);
      await archive.check();
    });

    it("is drilled, and put back by an up whose stack file names the snapshot", async () => {
      const whole = (await snapshots()).filter(({ site, complete }) => site === "blog" && complete);
      const run =
        whole
          .map((snapshot) => snapshot.run)
          .sort()
          .at(-1) ?? "";
      await ok(back.varvol("drill", "blog"));
      assert.match(
        await machine.output(`tail -n 1 ${settings}/results/blog.drill`),
        new RegExp(`\\tok\\t${run}\\t\\d+\\tanswer 200; \\d+ tables, `),
      );
      await machine.output(
        `rm -r ${lost.root}/blog/content/uploads && ${mysql} -e 'DELETE FROM blog.wp_posts'`,
      );
      const restore = { snapshot: run, confirm: `replace-blog-by-${run}` };
      reconfigure(
        { repository },
        sites.map((site) => (site.name === "blog" ? { ...site, restore } : site)),
      );
      await back.up();
      assert.equal(await machine.output(data), kept.data);
      assert.deepEqual(await pages(back), kept.pages);
      reconfigure({ repository });
      await back.up();
    });

    it("neither removes nor alters a snapshot while a backup gives it the way there", async () => {
      const before = archive.files();
      const backup = back.varvol("backup", "hello");
      await held('[ -n "$(docker ps -q --filter label=varvol.backup)" ]', async () =>
        archive.attack(machine, await restics()),
      );
      await ok(backup);
      const after = new Set(archive.files());
      for (const file of before) assert.ok(after.has(file), file);
      await archive.check();
    });

    const commandLine = () => processes(new RegExp(`cli/varvol.cjs backup .*${back.configFile}`));
    for (const [what, find, signal] of [
      [
        "connection is lost",
        () => processes(new RegExp(`^ssh -o ControlPath=none .*${lost.folder}`)),
        "SIGKILL",
      ],
      ["command line is killed", commandLine, "SIGKILL"],
      ["command line is interrupted", commandLine, "SIGINT"],
    ] as const) {
      it(`leaves nothing stopped, and no snapshot, when the ${what} in the middle of a backup`, async () => {
        const [before, runs] = [await running(), await snapshots()];
        const backup = back.varvol("backup", "blog", "--mode", "stop");
        await held(`[ "$(${listRunning})" != '${before}' ]`, async () => {
          for (const pid of find()) process.kill(pid, signal);
          await sleep(1000);
        });
        const { code, stderr } = await backup;
        assert.notEqual(code, 0);
        if (what.startsWith("connection"))
          assert.match(stderr, /The connection to deploy@127\.0\.0\.1 was lost/);
        await until("everything runs", async () => (await running()) === before, 180);
        await until("restic is gone", async () => (await restics()) === "", 60);
        const servers = ["docker", "ps", "-aq", "--filter", `name=${lost.namespace}archive`];
        await until("the server is gone", async () => (await capture(servers)) === "");
        const last = () => machine.output(`tail -n 1 ${settings}/results/blog.backup`);
        const failed = /\tfailed\t.*(connection to the control node|interrupted)/;
        // The last thing that the job does
        await until("it is written down", async () => failed.test(await last()), 30);
        assert.equal(
          (await snapshots()).filter(({ complete }) => complete).length,
          runs.filter(({ complete }) => complete).length,
        );
        const next = await back.varvol("backup", "hello");
        assert.equal(next.code, 0, next.stderr);
        await archive.check();
      });
    }

    it("has snapshots removed on this machine", async () => {
      reconfigure({ repository, keep: { last: 1 } });
      const misled = await back.varvol("forget", "--yes");
      assert.equal(misled.code, 1);
      const [, forged = ""] = /the snapshot (\w+) says that it is of 2020-01-01/.exec(misled.stderr) ?? [];
      await archive.restic("forget", forged);
      await ok(back.varvol("forget", "--yes"));
      assert.equal((await snapshots()).filter(({ complete }) => complete).length, 4);
      await archive.check();
    });

    it("gets a new repository by up, which finds that it is there the next time", async () => {
      const other = path.join(lost.folder, "other");
      reconfigure({ repository: other, every: "1d", keep: { last: 1 } });
      assert.match(await back.up(), /it keeps no timer: .* is set.*\n.*backup --due/);
      assert.ok(fs.existsSync(path.join(other, "config")));
      assert.match(await back.up(), /Nothing changed/);
    });

    campaign("is backed up in its time when this machine asks for what is due", async () => {
      const whole = async () => (await snapshots()).map(({ site }) => site ?? "host").sort();
      assert.deepEqual(await whole(), ["host"]);
      for (let i = 0; i < 2; i++) {
        await machine.output(`rm ${settings}/results/*.backup`);
        await ok(back.varvol("backup", "--due"));
        assert.deepEqual(await whole(), ["blog", "hello", "host", "mysql"]);
      }
      assert.equal(await ok(back.varvol("backup", "--due")), "");
    });

    it("has somebody told by this machine when it can't be reached, once and not each time", async () => {
      const told = path.join(back.folder, "told");
      const backup = { repository: path.join(lost.folder, "other"), every: "1d", keep: { last: 1 } };
      reconfigure({ ...backup, hook: { command: `cat >> '${told}'` } });
      const reachable = fs.readFileSync(back.configFile, "utf8");
      fs.writeFileSync(back.configFile, reachable.replace(/port: 18772$/m, "port: 18773"));
      for (let i = 0; i < 2; i++) assert.equal((await back.varvol("backup", "--due")).code, 1);
      const { host, error, ...more } = JSON.parse(fs.readFileSync(told, "utf8")) as Record<string, string>;
      assert.deepEqual([host, more.what], [back.stack, "backup"]);
      assert.match(error ?? "", /deploy@127\.0\.0\.1/);
      fs.writeFileSync(back.configFile, reachable);
      await ok(back.varvol("backup", "--due"));
    });

    campaign(
      "is backed up by its own agent where the repository is within its reach, and tells of what fails",
      async () => {
        const bin = `${lost.root}/.varvol/bin`;
        const told = await Listener.start();
        const entry = { domain: hello, disk: 0, every: 86400, drill: 0, at: "03:00", keep: { last: 1 } };
        const schedule: Schedule = {
          byItself: true,
          entries: ["hello", "gone"].map((name) => ({
            ...{ ...entry, mode: "hot" as const },
            subject: { name, kind: "static", folders: ["site"], database: false },
          })),
        };
        const request =
          '{"job":"repository","stack":"%s","namespace":"%s","image":"%s","location":"/srv/kept"';
        const rest = ',"existing":false,"password":"secret","credentials":""}\\n';
        const notify = JSON.stringify({
          job: "notify",
          plan: {
            stack: "STACK",
            namespace: "",
            image: "IMAGE",
            to: [{ webhook: told.url }],
            every: 0,
            slow: 5,
            page: false,
            sites: [],
          },
        });
        // What asked before there was an agent goes.
        const unit = "/etc/systemd/system/varvol-scheduler";
        await machine.output(`rm ${settings}/results/hello.backup
      printf '[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n' > ${unit}.timer
      printf '[Service]\nExecStart=/bin/true\n' > ${unit}.service
      systemctl enable --now varvol-scheduler.timer
      read -r stack namespace image < ${settings}/host
      namespace=\${namespace#.}
      printf '${request}${rest}' "$stack" "$namespace" "$image" | ${bin}/agent repository "$namespace" "$image" > /dev/null
      echo '${notify}' | sed "s|STACK|$stack|; s|IMAGE|$image|" | ${bin}/agent notify "$namespace" "$image" > /dev/null
      echo '${JSON.stringify(schedule)}' | ${bin}/schedule write varvol-scheduler`);
        await until(
          "a backup by the agent",
          async () =>
            (await machine.output(`cat ${settings}/results/hello.backup 2> /dev/null || true`)).includes(
              "\tok\t",
            ),
          90,
        );
        await until("the webhook", () => Promise.resolve(told.bodies.length > 0), 30);
        told.stop();
        assert.match(told.bodies.join(), /"name":"gone","what":"backup"/);
        assert.equal(await machine.output(`ls ${unit}.* 2> /dev/null | wc -l`), "0");
        await machine.output(`${bin}/schedule remove varvol-scheduler`);
        assert.equal(await machine.output("ls /srv/kept/snapshots/* | wc -l"), "2");
      },
    );

    campaign(
      "is asked for what is due by a timer of the control node's, where that has systemd",
      async () => {
        // The other machine is its own control node now.
        const { port, privateKeyFile } = machine.host as { port: number; privateKeyFile: string };
        await machine.output(`printf 'Port 22\\nPort ${port}\\n' > /etc/ssh/sshd_config.d/ports.conf
      systemctl reload ssh && umask 077 && mkdir -p ${lost.folder} && rm ${settings}/results/*.backup
      echo ${fs.readFileSync(privateKeyFile, "base64")} | base64 -d > ${privateKeyFile}`);
        const passphrase = path.join(back.folder, "passphrase");
        fs.writeFileSync(passphrase, back.backend.PULUMI_CONFIG_PASSPHRASE, { mode: 0o600 });
        const env = {
          PULUMI_BACKEND_URL: back.backend.PULUMI_BACKEND_URL,
          PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
          VARVOL_STACK: back.stack,
          XDG_CACHE_HOME: path.dirname(paths().cache),
          ...(fs.existsSync(back.lockFile) && { VARVOL_LOCK_FILE: back.lockFile }),
        };
        const variables = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
        const node = path.resolve("node_modules/node/bin/node");
        const there = async (...args: string[]) => {
          const words = [node, "cli/varvol.cjs", ...args, "--config-file", back.configFile];
          const { code, stdout, stderr } = await attempt([
            "docker",
            "exec",
            "-w",
            path.resolve("."),
            ...variables,
            machine.container,
            ...words,
          ]);
          assert.equal(code, 0, stdout + stderr);
          return stdout + stderr;
        };
        const other = path.join(back.folder, "kept");
        reconfigure({ repository: other, every: "1d" });
        const [, timer = ""] = /asks every 5 minutes .*: (\S+)\.timer/.exec(await there("up")) ?? [];
        assert.equal(await machine.output(`systemctl is-active ${timer}.timer`), "active");
        await machine.output(`systemctl start ${timer} || { journalctl -u ${timer} -n 20 >&2; exit 1; }`);
        assert.equal(await machine.output(`grep -lP '\\tok\\t' ${settings}/results/*.backup | wc -l`), "3");
        assert.equal(fs.readdirSync(path.join(other, "snapshots")).length > 3, true);
        assert.doesNotMatch(await there("up"), /asks every/);
        await there("destroy", "--yes");
        assert.equal(await machine.output("ls /etc/systemd/system | grep varvol || true"), "");
      },
    );

    campaign("comes back on this machine, too", async () => {
      fs.rmSync(lost.configFile);
      fs.rmSync(path.join(lost.folder, "state"), { recursive: true });
      fs.mkdirSync(path.join(lost.folder, "state"));
      const words = ["--repository", repository, "--password-file", passwordFile, "--yes"];
      await ok(lost.varvol("host-restore", ...words, "--to", "here"));
      assert.equal(await capture(["sh", "-c", data]), kept.data);
      assert.deepEqual(await pages(lost), kept.pages);
      assert.match(await lost.up(), /Nothing changed/);
    });

    function reconfigure(
      backup: Record<string, unknown>,
      its: readonly Record<string, unknown>[] = sites,
    ): void {
      const { config } = parse(fs.readFileSync(back.configFile, "utf8")) as {
        config: Record<string, unknown>;
      };
      const keys = Object.entries(config).map(([key, value]) => [key.replace("varvol:", ""), value] as const);
      back.configure(its, { ...Object.fromEntries(keys), sites: its, backup });
    }

    /** Does something while the backup that runs on the machine gets no further than to where a test of a shell's holds. */
    async function held(when: string, work: () => Promise<void>): Promise<void> {
      // Asked on the machine itself: the backup would be past it before an answer is here.
      await machine.output(`end=$(($(date +%s) + 60))
      until ${when}; do [ "$(date +%s)" -lt "$end" ] || exit 1; sleep 0.05; done
      pkill -STOP -f '[a]gent.js job'`);
      try {
        await work();
      } finally {
        await machine.output("pkill -CONT -f '[a]gent.js job'");
      }
    }
  });
}
