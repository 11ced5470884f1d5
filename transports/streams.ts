/**
 * The two directions of a connection as web streams.
 *
 * @module
 */

/** Largest chunk that a readable stream makes, in bytes. */
const MAXIMUM_CHUNK = 65_536;

/** The direction from the peer, as a readable stream uses it. */
export interface ByteSource {
  /** Fills a buffer as `Deno.Conn.read` does. */
  read(into: Uint8Array): Promise<number | null>;
  /** What there is, `limit` bytes at most, in a buffer of that size; `null` at the end. */
  readChunk(limit: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Nothing more will be read. */
  cancel(): void;
}

/** The direction to the peer, as a writable stream uses it. */
export interface ByteSink {
  /** Takes as much as there is room for, as `Deno.Conn.write` does. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the direction in order. */
  closeWrite(): Promise<void>;
  /** Gives the direction up. */
  abort(): void;
}

/** A readable byte stream that holds nothing ahead of its reader: what is not read stays in the receive window. */
export function readableOf(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      if (request?.view) {
        const { buffer, byteOffset, byteLength } = request.view;
        const count = await source.read(new Uint8Array(buffer, byteOffset, byteLength));
        if (count === null) controller.close();
        request.respond(count ?? 0);
        return;
      }
      const chunk = await source.readChunk(MAXIMUM_CHUNK);
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    },
    cancel() {
      source.cancel();
    },
  }, { highWaterMark: 0 });
}

/** A writable stream whose writes settle when the send buffer has taken all of the chunk. */
export function writableOf(sink: ByteSink): WritableStream<Uint8Array<ArrayBufferLike>> {
  return new WritableStream<Uint8Array<ArrayBufferLike>>({
    async write(chunk) {
      let at = await sink.write(chunk);
      while (at < chunk.byteLength) at += await sink.write(chunk.subarray(at));
    },
    close() {
      return sink.closeWrite();
    },
    abort() {
      sink.abort();
    },
  });
}
