/**
 * A translator of UDP between two loopback addresses, which can forget what it knows.
 *
 * @module
 */

/** Relays datagrams to a server, each client port under a port of its own. */
export class UdpRelay implements AsyncDisposable {
  /** Where clients send to. */
  readonly port: number;
  /** Datagrams passed on, both ways. */
  passed = 0;
  /** Whether anything passes at all. */
  isUp = true;

  readonly #outside: Deno.NetAddr;
  readonly #inside: Deno.DatagramConn;
  readonly #hostname: string;
  #bindings = new Map<string, Deno.DatagramConn>();
  readonly #loops: Promise<void>[] = [];

  /** Listens on `hostname` and sends to `server` from that address. */
  constructor(hostname: string, server: { readonly hostname: string; readonly port: number }) {
    this.#hostname = hostname;
    this.#outside = { transport: "udp", ...server };
    this.#inside = Deno.listenDatagram({ transport: "udp", hostname, port: server.port });
    this.port = (this.#inside.addr as Deno.NetAddr).port;
    this.#loops.push(this.#relay(this.#inside, (from) => [this.#binding(from as Deno.NetAddr), this.#outside]));
  }

  /** Forgets all bindings: what clients send next comes from other ports, what the server sends to the old ones is lost. */
  rebind(): void {
    for (const socket of this.#bindings.values()) socket.close();
    this.#bindings = new Map();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rebind();
    this.#inside.close();
    await Promise.all(this.#loops);
  }

  #binding(client: Deno.NetAddr): Deno.DatagramConn {
    const key = `${client.hostname} ${client.port}`;
    let socket = this.#bindings.get(key);
    if (socket === undefined) {
      socket = Deno.listenDatagram({ transport: "udp", hostname: this.#hostname, port: 0 });
      this.#bindings.set(key, socket);
      this.#loops.push(this.#relay(socket, () => [this.#inside, client]));
    }
    return socket;
  }

  async #relay(from: Deno.DatagramConn, route: (from: Deno.Addr) => [Deno.DatagramConn, Deno.NetAddr]): Promise<void> {
    for await (const [bytes, address] of from) {
      if (!this.isUp) continue;
      const [socket, to] = route(address);
      this.passed++;
      await socket.send(bytes, to).catch(() => {});
    }
  }
}
