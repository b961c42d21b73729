import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** Starts the machine's own Chromium. Rejects where there is none: a browser test that can't run has failed. */
export async function launchChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("Expected Chromium for the browser tests: apt-get install chromium");
  return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}
