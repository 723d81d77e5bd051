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

/** Writes and publishes a post in the block editor, as a person does: title, perhaps an image block and a file, Publish. */
export async function writePost(page: Page, title: string, file?: Buffer): Promise<void> {
  await page.waitForFunction("window.wp?.data?.select('core/editor')?.getCurrentPostId() > 0");
  await page.evaluate("wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false)");
  const canvas = page.frameLocator('iframe[name="editor-canvas"]');
  await canvas.getByRole("textbox", { name: "Add title" }).fill(title);
  if (file) await insertPicture(page, file);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const publish = page.getByLabel("Editor publish").getByRole("button", { name: "Publish", exact: true });
  const published = () =>
    page.waitForFunction("wp.data.select('core/editor').isCurrentPostPublished()", undefined, {
      timeout: 20_000,
    });
  await publish.click();
  // Chromium drops what it sends while another test makes or removes a network of docker's: the editor says so, and waits.
  await published().catch(async () => {
    await publish.click();
    await published();
  });
}

async function insertPicture(page: Page, file: Buffer): Promise<void> {
  const canvas = page.frameLocator('iframe[name="editor-canvas"]');
  await page.keyboard.press("Enter");
  await page.keyboard.type("/image");
  await page.getByRole("option", { name: "Image", exact: true }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    canvas.getByRole("button", { name: "Upload" }).click(),
  ]);
  await chooser.setFiles({ name: "garden.png", mimeType: "image/png", buffer: file });
  await page.waitForFunction(
    "wp.data.select('core/block-editor').getBlocks().some(({ name, attributes }) => name === 'core/image' && attributes.id)",
  );
}
