/** One answer, as Coop's own fetch wrapper gives it. */
export interface CoopAnswer {
  readonly ok: boolean;
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
  readonly body: any;
}

/** The calls of Coop's HMA service (roostorg/coop, server/services/hmaService), which knows of no key. */
export interface CoopClient {
  createBank(orgId: string, name: string, enabledRatio: number): Promise<CoopAnswer & { readonly hmaName: string }>;
  setRatio(hmaName: string, enabledRatio: number): Promise<CoopAnswer>;
  /** In place: the bank keeps its content. Before that it looks whether there is an exchange behind it, and whether the name is free. */
  renameBank(hmaName: string, newHmaName: string): Promise<CoopAnswer>;
  getBank(hmaName: string): Promise<CoopAnswer>;
  deleteBank(hmaName: string): Promise<CoopAnswer>;
  getExchange(hmaName: string): Promise<CoopAnswer>;
  exchangeApis(): Promise<CoopAnswer>;
  addUrl(hmaName: string, url: string): Promise<CoopAnswer>;
  /** Media of a report, with where they came from. */
  addReported(hmaName: string, url: string, itemId: string): Promise<CoopAnswer>;
  addFile(hmaName: string, contentType: "photo" | "video", file: Blob): Promise<CoopAnswer>;
  hashUrl(url: string): Promise<CoopAnswer>;
  lookUp(signalType: string, signal: string): Promise<CoopAnswer>;
  /** Which of the banks a picture behind a URL is in: every signal of it is looked up, as for each item that is submitted. */
  matchedBanks(url: string, hmaNames: readonly string[]): Promise<string[]>;
}

/** @param serviceUrl HMA_SERVICE_URL; its default ends with a slash, and paths are put behind it all the same */
export function coopClient(serviceUrl: string): CoopClient {
  async function call(method: string, path: string, body?: string | FormData): Promise<CoopAnswer> {
    const type = typeof body === "string" ? { "Content-Type": "application/json" } : {};
    const response = await fetch(`${serviceUrl}${path}`, {
      method,
      headers: type,
      ...(body !== undefined && { body }),
    });
    return { ok: response.ok, status: response.status, body: await response.json() };
  }

  const client: CoopClient = {
    async createBank(orgId, name, enabledRatio) {
      const words = name.toUpperCase().match(/[A-Z0-9]+/g) ?? [];
      const hmaName = `COOP_${orgId.toUpperCase()}_${words.join("_")}`;
      // The ratio goes as text when a bank is made, and as a number when it is changed.
      const body = JSON.stringify({ name: hmaName, enabled_ratio: enabledRatio.toString() });
      return { ...(await call("POST", "/c/banks", body)), hmaName };
    },
    setRatio: (hmaName, enabledRatio) =>
      call("PUT", `/c/bank/${hmaName}`, JSON.stringify({ enabled_ratio: enabledRatio })),
    async renameBank(hmaName, newHmaName) {
      const exchange = await client.getExchange(hmaName);
      const taken = await client.getBank(newHmaName);
      if (exchange.status !== 404 || taken.status !== 404) throw new Error("Expected no exchange and a free name");
      return await call("PUT", `/c/bank/${hmaName}`, JSON.stringify({ name: newHmaName }));
    },
    getBank: (hmaName) => call("GET", `/c/bank/${hmaName}`),
    deleteBank: (hmaName) => call("DELETE", `/c/bank/${hmaName}`),
    getExchange: (hmaName) => call("GET", `/c/exchange/${encodeURIComponent(hmaName)}`),
    exchangeApis: () => call("GET", "/c/exchanges/apis"),
    addUrl: (hmaName, url) => call("POST", `/c/bank/${hmaName}/content?${new URLSearchParams({ url })}`),
    addReported(hmaName, url, itemId) {
      const metadata = { content_id: `type:${itemId}`, json: { source: "ncmec_report", orgId: "org", itemId } };
      return call("POST", `/c/bank/${hmaName}/content?${new URLSearchParams({ url })}`, JSON.stringify({ metadata }));
    },
    addFile(hmaName, contentType, file) {
      const form = new FormData();
      form.append(contentType, file);
      return call("POST", `/c/bank/${hmaName}/content`, form);
    },
    hashUrl: (url) => call("GET", `/h/hash?url=${encodeURIComponent(url)}`),
    lookUp: (signalType, signal) =>
      call("GET", `/m/lookup?${new URLSearchParams({ signal_type: signalType, signal })}`),
    async matchedBanks(url, hmaNames) {
      const hashes = await client.hashUrl(url);
      if (!hashes.ok) throw new Error(`Failed to hash: ${hashes.status}`);
      const signals = Object.entries(hashes.body as Record<string, string>);
      const answers = await Promise.all(signals.map(([type, signal]) => client.lookUp(type, signal)));
      const failed = answers.find(({ ok }) => !ok);
      if (failed !== undefined) throw new Error(`Failed to look up: ${failed.status}`);
      return hmaNames.filter((name) => answers.some(({ body }) => (body[name]?.length ?? 0) > 0));
    },
  };
  return client;
}
