import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { coalesce, Run } from "./coalesce.ts";

const ACK = 0x10;
const PSH = 0x18;
const FIN = 0x11;
const OPTION = [1, 1, 1, 1];

interface Piece {
  readonly sequence: number;
  readonly flags?: number;
  readonly window?: number;
  readonly options?: readonly number[];
  readonly payload: readonly number[];
}

function datagram({ sequence, flags = ACK, window = 9, options = OPTION, payload }: Piece): number[] {
  const bytes = new Uint8Array(12 + options.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ((20 + options.length) << 26 | flags << 16 | window) >>> 0);
  view.setUint32(4, sequence);
  view.setUint32(8, 77);
  bytes.set(options, 12);
  bytes.set(payload, 12 + options.length);
  return [...bytes];
}

/** What comes of a train: each datagram with its segment size. */
function runs(pieces: readonly Piece[]): [datagram: number[], segmentSize: number][] {
  const all = pieces.map(datagram);
  const bytes = Uint8Array.from([9, ...all.flat()]);
  const view = new DataView(bytes.buffer);
  const run = new Run();
  const result: [number[], number][] = [];
  for (let at = 1; at < bytes.length; at = run.next) {
    coalesce(view, bytes, at, bytes.length, all[0]!.length, run);
    result.push([[...bytes.subarray(at, run.end)], run.segmentSize]);
  }
  return result;
}

Deno.test("a train of one stream becomes one segment, and its last flags come with it", () => {
  const train = [
    { sequence: 0xffff_fffe, payload: [1, 255, 255] },
    { sequence: 1, payload: [255, 255, 255] },
    { sequence: 4, payload: [255, 255, 255] },
    { sequence: 7, payload: [7], flags: PSH },
  ];
  const payload = [1, 255, 255, 255, 255, 255, 255, 255, 255, 7];
  assertEquals(runs(train), [[datagram({ sequence: 0xffff_fffe, payload, flags: PSH }), 3]]);
});

Deno.test("what differs stands alone: a gap, another option, window or flag, and all behind an end", () => {
  const first = { sequence: 10, payload: [1, 2] };
  const second = { sequence: 12, payload: [3, 4] };
  const cases: Piece[][] = [
    [first, { ...second, sequence: 13 }],
    [first, { ...second, options: [1, 1, 1, 0] }],
    [first, { ...second, window: 10 }],
    [first, { ...second, flags: ACK | 0x40 }],
    [{ ...first, flags: PSH }, second],
    [{ ...first, flags: FIN }, second],
    [{ ...first, flags: 0x02 }, { ...second, flags: 0x02 }],
  ];
  for (const train of cases) assertEquals(runs(train), train.map((piece) => [datagram(piece), 0]));
  const third = { sequence: 14, payload: [5, 6] };
  const joined = datagram({ ...first, payload: [1, 2, 3, 4], flags: PSH });
  assertEquals(runs([first, { ...second, flags: PSH }, third]), [[joined, 2], [datagram(third), 0]]);
});

Deno.test("any train keeps every byte at its place in the stream, whatever is put together", () => {
  const piece = fc.record({ skip: fc.constantFrom(0, 0, 0, 0, 5), flags: fc.constantFrom(ACK, ACK, ACK, PSH) });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (list, tail) => {
      let sequence = 1000;
      const pieces = list.map(({ skip, flags }, i) => {
        sequence += skip;
        const length = i === list.length - 1 ? tail : 4;
        const payload = Array.from({ length }, (_, k) => (sequence + k) & 255);
        const one = { sequence, flags, payload };
        sequence += length;
        return one;
      });
      const read = new Map<number, number>();
      const all = runs(pieces);
      const isEnd = (i: number) => i === list.length - 1 || list[i]!.flags === PSH || list[i + 1]!.skip !== 0;
      assertEquals(all.length, list.filter((_, i) => isEnd(i)).length, "as few as can be");
      for (const [bytes] of all) {
        const start = new DataView(Uint8Array.from(bytes).buffer).getUint32(4);
        bytes.slice(16).forEach((byte, k) => read.set(start + k, byte));
      }
      const expected = pieces.flatMap(({ sequence, payload }) =>
        payload.map((byte, k) => [sequence + k, byte] as const)
      );
      assertEquals([...read], expected);
    }),
  );
});

Deno.test("bytes that are no datagrams are left as they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (bytes, stride) => {
      const run = new Run();
      for (let at = 0; at < bytes.length; at = run.next) {
        coalesce(new DataView(bytes.buffer), bytes, at, bytes.length, stride, run);
        assertEquals(run.end > at && run.end <= run.next && run.next <= bytes.length, true);
      }
    }),
  );
});
