/**
 * A file of lines, written in large pieces.
 *
 * @module
 */

import { FileError } from "./file_error.ts";

/** Characters that are gathered before they are written. */
const ENOUGH = 1 << 16;

/** Appends lines to a file that it makes anew. */
export class LineFile {
  readonly #file: Deno.FsFile;
  #gathered = "";

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Makes or empties the file `path`. Throws {@linkcode FileError} if that cannot be. */
  static create(path: string): LineFile {
    return new LineFile(createFile(path));
  }

  /** Appends `line`, which brings its end of line. */
  write(line: string): void {
    this.#gathered += line;
    if (this.#gathered.length >= ENOUGH) this.#flush();
  }

  /** Writes what is left. */
  close(): void {
    this.#flush();
    this.#file.close();
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#gathered);
    this.#gathered = "";
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }
}

/** Makes or empties the file `path`. Throws {@linkcode FileError} if that cannot be. */
export function createFile(path: string): Deno.FsFile {
  try {
    return Deno.createSync(path);
  } catch (error) {
    throw new FileError(`write ${path}`, error instanceof Deno.errors.NotFound ? "its folder does not exist" : error);
  }
}
