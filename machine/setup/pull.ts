import { request } from "node:http";
import { attempt, lastLines } from "../../base/exec";

const patience = 20_000;

interface Progress {
  id?: string;
  status?: string;
  error?: string;
  progressDetail?: { current?: number; total?: number };
}

/**
 * Pulls an image; gives up when 20 s pass without progress. Returns why it could not be had. Docker's own command says
 * nothing between the begin and the end of a layer unless it has a terminal, so the daemon is asked itself where its
 * socket is at hand.
 */
export async function pull(image: string, detail: (text: string) => void): Promise<string | undefined> {
  const host = await attempt(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  const socket = /^unix:\/\/(.+)$/.exec(process.env.DOCKER_HOST ?? host.stdout.trim())?.[1];
  if (socket) return pullBySocket(image, socket, detail);
  const result = await attempt(["docker", "pull", image], { timeout: 15 * patience, onLine: detail });
  return result.code === 0 ? undefined : (result.reason ?? lastLines(result.stderr, 1));
}

function pullBySocket(
  image: string,
  socketPath: string,
  detail: (text: string) => void,
): Promise<string | undefined> {
  const [name, tag] = image.split(":");
  const path = `/images/create?fromImage=${encodeURIComponent(name)}&tag=${encodeURIComponent(tag)}`;
  const layers = new Map<string, number>();
  let last = "";
  return new Promise((resolve) => {
    let failed: string | undefined;
    const timer = setTimeout(() => {
      failed = `no progress in ${patience / 1000} s`;
      call.destroy();
    }, patience);
    const done = (reason?: string): void => {
      clearTimeout(timer);
      resolve(failed ?? reason);
    };
    const onLine = (line: string): void => {
      if (!line.trim()) return;
      const progress = JSON.parse(line) as Progress;
      failed ??= progress.error;
      const state = `${progress.id} ${progress.status} ${progress.progressDetail?.current}`;
      // A retry repeats itself; only what is new counts as progress.
      if (state !== last && !/^(Retrying|Waiting)/.test(progress.status ?? "")) timer.refresh();
      last = state;
      if (progress.id && progress.progressDetail?.current) {
        layers.set(`${progress.id} ${progress.status}`, progress.progressDetail.current);
      }
      const bytes = [...layers]
        .filter(([key]) => key.endsWith("Downloading"))
        .reduce((sum, [, n]) => sum + n, 0);
      detail(`${progress.status}${bytes ? `, ${Math.round(bytes / 1e6)} MB` : ""}`);
    };
    const call = request({ socketPath, path, method: "POST" }, (response) => {
      let rest = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        if (response.statusCode !== 200) {
          rest += chunk;
          return;
        }
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(onLine);
      });
      response.on("error", (error) => done(error.message));
      response.on("end", () => {
        if (response.statusCode === 200) done();
        else done(message(rest) || `HTTP ${response.statusCode}`);
      });
    });
    call.on("error", (error) => done(error.message));
    call.end();
  });
}

function message(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
