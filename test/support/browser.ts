import { type Browser, chromium, type Page } from "playwright-core";
import { BrowserNetwork } from "./browserNetwork";

/** Chromium, which takes the test host's own certificates and asks nobody on the internet for anything. */
export async function openBrowser(): Promise<Browser> {
  const network = await new BrowserNetwork().open();
  const browser = await chromium.launch({
    executablePath: network.command,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--proxy-server=${network.proxy}`,
      "--proxy-bypass-list=<-loopback>",
    ],
  });
  browser.on("disconnected", () => network.close());
  return browser;
}

/** Logs in to a WordPress's dashboard, as a person does; the page is left open there. */
export async function logIn(
  browser: Browser,
  address: string,
  { user, password }: { user: string; password: string },
): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(`${address}/wp-login.php`);
  await page.fill("#user_login", user);
  await page.fill("#user_pass", password);
  await page.click("#wp-submit");
  await page.waitForURL(`${address}/wp-admin/`).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${page.url()}: ${await page.innerText("body")}`);
  });
  return page;
}
