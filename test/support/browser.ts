import { type Browser, chromium, type Page } from "playwright-core";

/** Chromium, which takes the test host's own certificates and asks nobody on the internet for anything. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP *.localhost 127.0.0.1",
    ],
  });
}

/** Opens a page, once more where another test has just made or removed a network of docker's: Chromium gives up then. */
async function visit(page: Page, address: string, again = 3): Promise<void> {
  try {
    await page.goto(address);
  } catch (error) {
    if (again === 0 || !/ERR_NETWORK_CHANGED/.test((error as Error).message)) throw error;
    await visit(page, address, again - 1);
  }
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
  await visit(page, `${address}/wp-login.php`);
  await page.fill("#user_login", user);
  await page.fill("#user_pass", password);
  await page.click("#wp-submit");
  await page.waitForURL(`${address}/wp-admin/`);
  return page;
}
