/**
 * Network namespaces: a machine's worth of kernel network for one test.
 *
 * @module
 */

const CLONE_NEWNET = 0x40000000;

/** What a program wrote, and how it ended. */
export interface Result {
  /** Exit status. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/**
 * A namespace of its own with the loopback up, gone at the end of the block it is declared in. It lives as long as a process
 * in it, which ends with this one, so nothing is left behind, and nothing is needed that a user namespace does not give.
 */
export class Namespace {
  /** What `ip link … netns` knows it by: the process that lives in it. */
  readonly name: string;
  readonly #keeper: Deno.ChildProcess;

  private constructor(keeper: Deno.ChildProcess) {
    this.#keeper = keeper;
    this.name = `${keeper.pid}`;
  }

  /** Makes one. */
  static async create(): Promise<Namespace> {
    const keeper = new Deno.Command("unshare", { args: ["--net", "cat"], stdin: "piped", stdout: "piped" }).spawn();
    // What comes back says that the namespace is there.
    const writer = keeper.stdin.getWriter();
    await writer.write(new Uint8Array(1));
    writer.releaseLock();
    const reader = keeper.stdout.getReader();
    const { done } = await reader.read();
    reader.releaseLock();
    if (done) throw new Error(`Cannot make a network namespace: unshare ended with ${(await keeper.status).code}`);
    const namespace = new Namespace(keeper);
    await namespace.run("ip link set lo up");
    return namespace;
  }

  /** Does `action`, which must not wait, with this thread in the namespace: what it opens belongs there. */
  inside<T>(action: () => T): T {
    const libc = Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      setns: { parameters: ["i32", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
    const open = (path: string) => libc.symbols.open(new TextEncoder().encode(path.padEnd(256, "\0")), 0);
    const enter = (descriptor: number) => {
      const isEntered = libc.symbols.setns(descriptor, CLONE_NEWNET) === 0;
      libc.symbols.close(descriptor);
      if (!isEntered) throw new Error(`Cannot change to or from the network namespace ${this.name}`);
    };
    const home = open("/proc/thread-self/ns/net");
    enter(open(`/proc/${this.name}/ns/net`));
    try {
      return action();
    } finally {
      enter(home);
      libc.close();
    }
  }

  /** Runs a program to its end, words separated by spaces or as an array; throws unless it ends well. */
  run(words: string | readonly string[]): Promise<string> {
    return run(this.words(words));
  }

  /** Starts a program. */
  spawn(words: string | readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
    const [program, ...args] = this.words(words);
    return new Deno.Command(program!, { args, stdin: "null", stdout: "piped", stderr: "piped", ...options }).spawn();
  }

  /** Runs a program to its end, whatever that is. */
  async output(words: string | readonly string[]): Promise<Result> {
    return resultOf(await this.spawn(words).output());
  }

  /** The kernel's counters whose names begin with `prefix`, those that are not 0. */
  async counters(prefix = "MPTcpExt"): Promise<Record<string, number>> {
    const text = await this.run(["nstat", "-as", `${prefix}*`]);
    const counters: Record<string, number> = {};
    for (const line of text.split("\n")) {
      const [name, value] = line.split(/\s+/);
      if (name?.startsWith(prefix)) counters[name] = Number(value);
    }
    return counters;
  }

  /** Sets a sysctl of the namespace. */
  async sysctl(name: string, value: string | number): Promise<void> {
    await this.run(["sysctl", "-qw", `${name}=${value}`]);
  }

  /** The command line that runs `words` inside. */
  words(words: string | readonly string[]): readonly string[] {
    return ["nsenter", "-t", this.name, "-n", "--", ...(typeof words === "string" ? words.split(" ") : words)];
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close();
    await Promise.all([this.#keeper.stdout.cancel(), this.#keeper.status]);
  }
}

async function run(words: readonly string[]): Promise<string> {
  const [program, ...args] = words;
  const output = resultOf(await new Deno.Command(program!, { args, stdin: "null" }).output());
  if (output.code === 0) return output.stdout;
  throw new Error(`Cannot run "${words.join(" ")}": it ended with ${output.code}: ${output.stderr}`);
}

function resultOf({ code, stdout, stderr }: Deno.CommandOutput): Result {
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
