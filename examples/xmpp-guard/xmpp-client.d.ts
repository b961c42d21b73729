/** What the guard and its tests use of @xmpp/client, which comes without types. */
declare module "@xmpp/client" {
  export interface Element {
    readonly name: string;
    children: (Element | string)[];
    readonly attrs: Record<string, string | undefined>;
    is(name: string, namespace?: string): boolean;
    getChild(name: string, namespace?: string): Element | undefined;
    getChildren(name: string, namespace?: string): Element[];
    getChildText(name: string, namespace?: string): string | null;
    toString(): string;
  }

  export interface IqCaller {
    /** Resolves with the child of the answer that is named like the one sent; rejects with the answer's error. */
    get(child: Element, to?: string, timeoutMs?: number): Promise<Element | undefined>;
    set(child: Element, to?: string, timeoutMs?: number): Promise<Element | undefined>;
  }

  /** What a connection reads from; of TLS it is a wrapper around the `socket` proper. */
  interface TextSource {
    setEncoding?(encoding: "utf8"): void;
    readonly socket?: TextSource | null;
  }

  export interface XmppClient {
    readonly iqCaller: IqCaller;
    readonly socket: TextSource | null;
    readonly status: string;
    prependListener(event: "element", listener: (element: Element) => void): this;
    on(event: "stanza", listener: (stanza: Element) => void): this;
    on(event: "error", listener: (error: Error & { readonly condition?: string }) => void): this;
    on(event: "online" | "open", listener: () => void): this;
    send(stanza: Element): Promise<void>;
    start(): Promise<unknown>;
    /** Ends the connection; it is made again. */
    disconnect(): Promise<unknown>;
    /** Ends it for good. */
    stop(): Promise<unknown>;
  }

  export function client(options: {
    readonly service: string;
    readonly domain: string;
    readonly username?: string;
    readonly password?: string;
    /** Instead of the user's name and password: asked for them, with the choice of how to send them. */
    readonly credentials?: (
      authenticate: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
    ) => Promise<void>;
  }): XmppClient;

  export function xml(
    name: string,
    attrs?: Record<string, string | undefined> | string,
    ...children: readonly (Element | string)[]
  ): Element;
}
