// Drives Firefox for a Python test, by WebDriver BiDi: a line of JSON on standard input asks for one thing, a line on
// standard output answers. Started as `node firefox.mjs EXECUTABLE`. At the input's end it tells what the pages threw, and
// ends with the browser.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { launch } = createRequire(new URL("../../webclient/package.json", import.meta.url))("puppeteer-core");

const WITHIN_MS = 60_000;
const PREFERENCES = {
  "media.navigator.permission.disabled": true,
  "media.navigator.streams.fake": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};

const browser = await launch({
  browser: "firefox",
  executablePath: process.argv[2],
  headless: true,
  extraPrefsFirefox: PREFERENCES,
});
const pages = new Map();
const faults = [];

async function opened(name) {
  const page = await browser.newPage();
  page.setDefaultTimeout(WITHIN_MS);
  page.on("pageerror", (error) => faults.push(`${name}: ${error}`));
  pages.set(name, page);
}

const deeds = {
  preload: async (page, source) => void (await page.evaluateOnNewDocument(source)),
  size: (page, width, height) => page.setViewport({ width, height }),
  goto: async (page, url) => void (await page.goto(url)),
  click: (page, selector) => page.locator(selector).click(),
  fill: (page, selector, words) => page.locator(selector).fill(words),
  press: (page, key) => page.keyboard.press(key),
  evaluate: (page, source) => page.evaluate(source),
  until: async (page, source) => void (await page.waitForFunction(source)),
  screenshot: async (page, path) => void (await page.screenshot({ path })),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, deed, ...details] = JSON.parse(line);
  let answer;
  try {
    if (!pages.has(name)) await opened(name);
    answer = { value: (await deeds[deed](pages.get(name), ...details)) ?? null };
  } catch (error) {
    answer = { fault: `${name}: ${deed} ${details[0] ?? ""}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.stdout.write(`${JSON.stringify(faults)}\n`);
await browser.close();
